/** Opens the cursors of a function on AWS; their key derives from a secret that functions share. */
import { Cursors, keyOfCursors, type ListCursors } from '../../core/cursors.ts';
import { once } from '../../service/host/once.ts';
import { readSecret } from '../../storage/aws/secrets.ts';
import { signedRequests } from './signed-requests.ts';

/**
 * Reads the secret when the first cursor is made or opened, because most lists fit on one page.
 * Cursors throw UNAVAILABLE where the secret can't be read, and try again at the next use.
 */
export function openCursors(secretId: string): ListCursors {
  const opened = once(
    async () =>
      new Cursors(
        keyOfCursors(Buffer.from(await readSecret(secretId, signedRequests('SECRETS_MANAGER')))),
      ),
  );
  return {
    seal: async (list, position) => (await opened()).seal(list, position),
    open: async (list, cursor) => (await opened()).open(list, cursor),
  };
}
