/** Releases as electron-builder makes them: an installer, its block map, and the feed. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Bytes, Files } from './release-house.ts';

const BLOCK_BYTES = 4096;

/** @param installer what the feed names */
export function electronRelease(
  version: string,
  feed: string,
  filename: string,
  installer: Bytes,
): Files {
  const sha512 = createHash('sha512').update(installer).digest('base64');
  return {
    [filename]: installer,
    [`${filename}.blockmap`]: blockMapOf(installer),
    [feed]: `version: ${version}
files:
  - url: ${filename}
    sha512: ${sha512}
    size: ${installer.length}
path: ${filename}
sha512: ${sha512}
releaseDate: '2026-11-28T10:00:00.000Z'
`,
  };
}

/** Equal blocks of two installers have equal checksums: the client copies them from its own. */
function blockMapOf(bytes: Bytes): Bytes {
  const starts = Array.from(
    { length: Math.ceil(bytes.length / BLOCK_BYTES) },
    (_, at) => at * BLOCK_BYTES,
  );
  const blocks = starts.map((start) => bytes.subarray(start, start + BLOCK_BYTES));
  const checksums = blocks.map((block) =>
    createHash('sha256').update(block).digest('base64').slice(0, 24),
  );
  const sizes = blocks.map((block) => block.length);
  const map = { version: '2', files: [{ name: 'file', offset: 0, checksums, sizes }] };
  return gzipSync(JSON.stringify(map));
}
