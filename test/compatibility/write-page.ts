/**
 * `npm run matrix`: measures every server of the suite and writes docs/compatibility.md. `--endpoint`
 * measures one more server first.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureByHand, readByHand } from './by-hand.ts';
import { type Column, measure, servers } from './measure.ts';
import { pageOf } from './page.ts';

await measureByHand(process.argv.slice(2), process.env);
const columns: Column[] = [];
for (const [name, start] of Object.entries(servers())) {
  if (start === undefined) throw new Error(`${name} is not installed: run npm run servers`);
  const server = await start();
  try {
    columns.push(...(await measure(server)));
  } finally {
    await server.stop();
  }
}
writeFileSync(
  join(import.meta.dirname, '..', '..', 'docs', 'compatibility.md'),
  pageOf(columns, readByHand()),
);
