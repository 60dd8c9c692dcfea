/** The key of the cursors, out of the secret that all functions share. */
import { Cursors } from '../../core/cursors.ts';
import { readSecret } from '../../storage/aws/secrets.ts';
import { keyOfCursors } from './key-of-cursors.ts';

/** @throws UNAVAILABLE where the secret can't be read */
export async function openCursors(secretId: string): Promise<Cursors> {
  return new Cursors(keyOfCursors(Buffer.from(await readSecret(secretId))));
}
