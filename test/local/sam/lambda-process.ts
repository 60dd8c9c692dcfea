/** Runs the handler of a bundle in a process of its own, with one event per message. */
import process from 'node:process';

const [bundle = ''] = process.argv.slice(2);
const { handler } = await import(bundle);

process.on('message', async ({ id, event }: { readonly id: number; readonly event: unknown }) => {
  process.send?.({ id, result: await handler(event) });
});
process.send?.('ready');
