/** The built files of the console, with the headers that each of them gets. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { consoleFileHeaders } from '../../core/console.ts';
import { readBuiltFiles } from './built-files.ts';

export interface ConsoleFile {
  readonly plain: Buffer;
  /** Compressed by gzip. */
  readonly packed: Buffer;
  readonly etag: string;
  /** With the ETag. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns the files by name; none if the console was not built */
export async function readConsoleFiles(folder?: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const built = [...(await readBuiltFiles(folder))];
  return new Map(built.map(([name, plain]) => [name, fileOf(name, plain)]));
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
