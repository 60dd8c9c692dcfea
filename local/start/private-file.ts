/** Writes files that hold secrets: whole or not at all, and never readable for others, not even for a moment. */
import { randomUUID } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';

/** Takes the place of what is there; once this returns it is on the disk. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await unlink(draft);
    throw error;
  }
}
