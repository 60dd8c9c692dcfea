/**
 * Ends the answers of one turn of the event loop together, when all its requests have been handled.
 * Each write may wake the client's process, and waking it again and again costs more than answering.
 */
import type { ServerResponse } from 'node:http';

interface Ready {
  readonly response: Pick<ServerResponse, 'end'>;
  readonly bytes: Uint8Array | undefined;
}

let ready: Ready[] = [];
let ended = Promise.withResolvers<void>();

/** Settles when the answer was handed to its connection, at the end of this turn. */
export function endTogether(
  response: Pick<ServerResponse, 'end'>,
  bytes: Uint8Array | undefined,
): Promise<void> {
  if (ready.length === 0) setImmediate(endAll);
  ready.push({ response, bytes });
  return ended.promise;
}

function endAll(): void {
  const all = ready;
  const { resolve } = ended;
  ready = [];
  ended = Promise.withResolvers<void>();
  for (const { response, bytes } of all) response.end(bytes);
  resolve();
}
