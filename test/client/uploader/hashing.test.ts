/** Digests of files, by a worker (a thread of Node runs its program) and without one. */
import { createHash, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { FileHash, type HashWorker, sha256OfFile } from '../../../client/public/client.ts';

const MIB = 1024 * 1024;
const BYTES = new Uint8Array(randomBytes(5 * MIB + 17));
const FILE = new Blob([BYTES]);

function sha256(start = 0, end = BYTES.length): string {
  return createHash('sha256').update(BYTES.subarray(start, end)).digest('hex');
}

const PROGRAM = new URL('../../../client/hashing/hash-worker.ts', import.meta.url).href;

/** Gives a thread of Node the manners of a browser's worker. */
function startThread(): HashWorker {
  const thread = new Worker(
    `const { parentPort } = require('node:worker_threads');
     globalThis.postMessage = (message) => parentPort.postMessage(message);
     const loaded = import(${JSON.stringify(PROGRAM)});
     parentPort.on('message', (data) => loaded.then(() => globalThis.onmessage({ data })));`,
    { eval: true },
  );
  const worker: HashWorker = {
    onmessage: null,
    onerror: null,
    postMessage: (message) => thread.postMessage(message),
    terminate: () => void thread.terminate(),
  };
  thread.on('message', (data) => worker.onmessage?.({ data: data as never }));
  return worker;
}

/** A page that forbids workers. */
function startForbidden(): HashWorker {
  const worker: HashWorker = {
    onmessage: null,
    onerror: null,
    postMessage: () => {},
    terminate: () => {},
  };
  setImmediate(() => worker.onerror?.({}));
  return worker;
}

describe.each([
  ['in a worker', startThread],
  ['without a worker', () => undefined],
  ['where the worker cannot be loaded', startForbidden],
])('%s', (_, startWorker) => {
  test('the digest of a file is its SHA-256, and progress is in steps of 1 MiB', async () => {
    const steps: number[] = [];

    const digest = await sha256OfFile(FILE, { startWorker, onBytes: (bytes) => steps.push(bytes) });

    expect(digest).toBe(sha256());
    expect(steps).toEqual([1, 2, 3, 4, 5].map((n) => n * MIB).concat(BYTES.length));
  });

  test('the parts and the whole are hashed in one walk', async () => {
    const hash = new FileHash(FILE, { startWorker });

    const parts = [3, 1, 2].map((number) => hash.part(number, 2 * MIB));

    expect(await Promise.all(parts)).toEqual([
      sha256(4 * MIB),
      sha256(0, 2 * MIB),
      sha256(2 * MIB, 4 * MIB),
    ]);
    expect(await hash.whole()).toBe(sha256());
    hash.stop(undefined);
  });

  test('an abort ends it with its reason', async () => {
    const stop = new AbortController();

    const digest = sha256OfFile(FILE, { startWorker, signal: stop.signal });
    stop.abort(new Error('enough'));

    await expect(digest).rejects.toThrow('enough');
  });

  test('a file that has changed is named as the fault', async () => {
    // As a File whose bytes on the disk have become fewer.
    const changed = new Proxy(FILE, {
      get: (file, name) =>
        name === 'size' ? file.size + 1 : Reflect.get(file, name, file)?.bind?.(file),
    });

    const digest = sha256OfFile(changed, { startWorker: () => undefined });

    await expect(digest).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'the file cannot be read: the file has changed while it was read',
    });
  });
});

test('only a few parts are hashed before they are asked for', async () => {
  const steps: number[] = [];
  const startWorker = () => undefined;
  const hash = new FileHash(FILE, { startWorker, onBytes: (bytes) => steps.push(bytes) });

  await hash.part(1, MIB / 2);
  await hash.part(5, MIB / 2);
  const far = steps.at(-1) ?? 0;
  hash.stop(undefined);

  expect(far).toBeLessThanOrEqual((9 * MIB) / 2);
});

test('without a worker the page runs between the steps', async () => {
  let tasks = 0;
  const count = setInterval(() => {
    tasks += 1;
  });
  let seen = 0;
  const between: boolean[] = [];

  await sha256OfFile(FILE, {
    startWorker: () => undefined,
    onBytes: () => {
      between.push(tasks > seen);
      seen = tasks;
    },
  });
  clearInterval(count);

  expect(between.filter(Boolean).length).toBeGreaterThanOrEqual(4);
});
