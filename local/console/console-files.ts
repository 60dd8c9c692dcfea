/** The built files of the console, with the headers that each of them gets. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { consoleFileHeaders } from '../../core/console.ts';
import { errnoOf } from '../../storage/file-system.ts';

export interface ConsoleFile {
  readonly plain: Buffer;
  /** Compressed by gzip. */
  readonly packed: Buffer;
  readonly etag: string;
  /** With the ETag. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Beside the sources and, in the package, beside what was compiled from them. */
const FOLDER = fileURLToPath(new URL('../../web/console/built/', import.meta.url));

/** @returns the files by name; none if the console was not built */
export async function readConsoleFiles(
  folder: string = FOLDER,
): Promise<ReadonlyMap<string, ConsoleFile>> {
  try {
    const names = await readdir(folder);
    const files = names.map(
      async (name) => [name, fileOf(name, await readFile(join(folder, name)))] as const,
    );
    return new Map(await Promise.all(files));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Map();
    throw error;
  }
}

function fileOf(name: string, plain: Buffer): ConsoleFile {
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url')}"`;
  const { contentType, cacheControl } = consoleFileHeaders(name);
  return {
    etag,
    plain,
    packed: gzipSync(plain),
    headers: {
      'content-type': contentType,
      'cache-control': cacheControl,
      etag,
      vary: 'Accept-Encoding',
    },
  };
}
