/** Returns the buffers of a file as soon as the connection has taken them. */
import type { ServerResponse } from 'node:http';

/** For piped bodies: no one else may use a piece after it was written to the response. */
export function giveBackSent(
  response: ServerResponse,
  giveBack: (piece: Uint8Array) => void,
): void {
  const write = response.write.bind(response) as (piece: Uint8Array, taken: () => void) => boolean;
  response.write = (piece: Uint8Array) => write(piece, () => giveBack(piece));
}
