/** Files of many gigabytes that take almost no room: a few bytes at chosen places, and holes between them. */
import { open } from 'node:fs/promises';

/** @param marks text by the position of its first byte */
export async function makeSparseFile(
  path: string,
  size: number,
  marks: Readonly<Record<number, string>>,
): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.truncate(size);
    for (const [position, text] of Object.entries(marks)) await file.write(text, Number(position));
  } finally {
    await file.close();
  }
}

export async function textAt(path: string, position: number, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
