/** Uploads: one request and parts, beside raw hashing and raw file writing in the same run. */
import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './measure/processes.ts';
import {
  type BenchServer,
  call,
  complete,
  create,
  startStowage,
} from './measure/stowage-server.ts';
import { report, reportRatio } from './measure/table.ts';

const MIB = 1024 * 1024;
const PIECE = 16 * MIB;
const RUNS = 5;

/** Bytes per second. */
type Speed = number;

export async function benchUploads(): Promise<void> {
  const piece = randomBytes(PIECE);
  const server = await startStowage();
  await compare('upload of 100 MiB in one request', 0.7, 100 * MIB, piece, (id, body) =>
    putSingle(server, id, body),
  );
  await compare(
    'upload of 1 GiB in parts, completion included',
    0.4,
    1024 * MIB,
    piece,
    (id, body, size) => putParts(server, id, body, size),
  );
  await server.stop();
}

/** Takes turns between the yardsticks and ours, so that noise hits all alike, and compares the best of each. */
async function compare(
  what: string,
  goal: number,
  size: number,
  piece: Buffer,
  upload: (id: string, body: Buffer, size: number) => Promise<void>,
): Promise<void> {
  const best = { hash: 0, write: 0, ours: 0 };
  const body = size <= 128 * MIB ? Buffer.alloc(size, piece) : piece;
  const runs = size <= 128 * MIB ? RUNS : 2;
  for (let run = 0; run < runs; run++) {
    best.hash = Math.max(best.hash, await speedOf(size, () => hashAll(piece, size)));
    best.write = Math.max(best.write, await speedOf(size, () => writeAll(piece, size)));
    const sha256 = hashAll(body, size);
    best.ours = Math.max(
      best.ours,
      await speedOf(size, () => upload(`${sha256}-${size}-${run}`, body, size)),
    );
  }
  const slower = Math.min(best.hash, best.write);
  const show = (speed: Speed) => `${Math.round(speed / MIB)} MiB/s`;
  const detail = `${show(best.ours)}; hashing ${show(best.hash)}, writing ${show(best.write)}`;
  reportRatio(what, best.ours / slower, goal, detail);
  // A server on one core hashes and writes one after the other: no such server can be faster than this.
  const ceiling = 1 / (1 / best.hash + 1 / best.write);
  const shown = `the ceiling is ${show(ceiling)}, ${(ceiling / slower).toFixed(2)} of the slower`;
  report({
    what: `${what}, of what one core can hash and write`,
    figure: `${(best.ours / ceiling).toFixed(2)} (${shown})`,
    goal: '-',
    met: undefined,
  });
}

async function speedOf(size: number, work: () => unknown): Promise<Speed> {
  const began = performance.now();
  await work();
  return size / ((performance.now() - began) / 1000);
}

/** Uploads of 1 GiB each, in parts, all at the same time. @param run so that each run has its own names */
export async function uploadTogether(
  server: BenchServer,
  count: number,
  run: number,
): Promise<void> {
  const piece = randomBytes(PIECE);
  const size = 1024 * MIB;
  const sha256 = hashAll(piece, size);
  const names = Array.from({ length: count }, (_, index) => `${sha256}-${run}-${index}`);
  await Promise.all(names.map((name) => putParts(server, name, piece, size)));
}

function hashAll(piece: Buffer, size: number): string {
  const hash = createHash('sha256');
  for (let done = 0; done < size; done += piece.length)
    hash.update(piece.subarray(0, Math.min(piece.length, size - done)));
  return hash.digest('hex');
}

/** Plain writing in pieces of 1 MiB, and one fsync. */
async function writeAll(piece: Buffer, size: number): Promise<void> {
  const folder = temporaryFolder();
  const file = await open(join(folder.path, 'raw'), 'w');
  for (let done = 0; done < size; done += MIB) {
    const start = done % piece.length;
    await file.write(piece.subarray(start, start + Math.min(MIB, size - done)));
  }
  await file.sync();
  await file.close();
  folder.remove();
}

function idOf(name: string): string {
  return name.slice(0, 8) + name.slice(64);
}

async function putSingle(server: BenchServer, name: string, body: Buffer): Promise<void> {
  const id = idOf(name);
  const { upload } = await create(server, id, {
    size: body.length,
    sha256: name.slice(0, 64),
    method: 'single',
  });
  const answer = await call(upload.request.url, 'PUT', upload.request.headers, body);
  if (answer.status !== 200) throw new Error(`PUT answered ${answer.status}: ${answer.text}`);
  await complete(server, id);
}

/** Four parts in flight, all of the same bytes. */
async function putParts(
  server: BenchServer,
  name: string,
  piece: Buffer,
  size: number,
): Promise<void> {
  const id = idOf(name);
  const { upload } = await create(server, id, {
    size,
    sha256: name.slice(0, 64),
    method: 'multipart',
  });
  const waiting = [...upload.parts];
  const worker = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const answer = await call(
        part.request.url,
        'PUT',
        part.request.headers,
        piece.subarray(0, part.size),
      );
      if (answer.status !== 200) throw new Error(`part answered ${answer.status}: ${answer.text}`);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  await complete(server, id);
}
