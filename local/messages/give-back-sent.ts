/** Gives pieces of a file back as soon as the connection has taken them. */
import type { ServerResponse } from 'node:http';

/** For a body that is piped: every piece that is written to the response from now on is looked at by nobody else. */
export function giveBackSent(
  response: ServerResponse,
  giveBack: (piece: Uint8Array) => void,
): void {
  const write = response.write.bind(response) as (piece: Uint8Array, taken: () => void) => boolean;
  response.write = (piece: Uint8Array) => write(piece, () => giveBack(piece));
}
