/** The plugin for Uppy, in Uppy itself, against a real server. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Body, type Meta, Uppy } from '@uppy/core';
import { StowageUpload, type StowageUploadOptions } from '../../../client/uppy/stowage-uppy.ts';
import { openServed, type Served } from '../served-house.ts';

const MIB = 1024 * 1024;
/** Three parts: 16, 16 and 1 MiB. */
const BYTES = new Uint8Array(randomBytes(33 * MIB));

const SILENT = { debug: () => {}, warn: () => {}, error: () => {} };

let served: Served;
beforeAll(async () => {
  served = await openServed();
});
afterAll(() => served.close());

function uppyOf(versionId: string, options: Partial<StowageUploadOptions> = {}): Uppy<Meta, Body> {
  const common = { url: served.url, getToken: () => served.token, retry: { retries: 0 } };
  return new Uppy<Meta, Body>({ logger: SILENT }).use(StowageUpload, {
    ...common,
    versionId,
    ...options,
  });
}

function addFile(uppy: Uppy<Meta, Body>, name = 'tool.bin', bytes = BYTES): string {
  return uppy.addFile({ name, type: 'application/x-tool', data: new File([bytes], name) });
}

/** Holds the second part back until it is let through, or the request is aborted. */
function held() {
  const begun = Promise.withResolvers<void>();
  const freed = Promise.withResolvers<void>();
  let puts = 0;
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    if (init.method === 'PUT') puts += 1;
    if (init.method !== 'PUT' || puts !== 2) {
      const answer = await globalThis.fetch(input, init);
      if (init.method === 'DELETE') freed.resolve();
      return answer;
    }
    begun.resolve();
    return new Promise((_, reject) => {
      init.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
    });
  };
  return { fetch, begun: begun.promise, freed: freed.promise, puts: () => puts };
}

test('a file of Uppy is published, with progress and the stable link', async () => {
  const uppy = uppyOf('1.0.0', { describe: () => ({ os: 'linux' }) });
  const progress: number[] = [];
  uppy.on('upload-progress', (_, { bytesUploaded }) => progress.push(Number(bytesUploaded)));
  addFile(uppy);

  const result = await uppy.upload();

  expect(result?.failed).toEqual([]);
  expect(result?.successful?.[0]?.response).toMatchObject({
    status: 200,
    uploadURL: `${served.url}/packages/1.0.0/tool.bin`,
    body: { state: 'available', os: 'linux', contentType: 'application/x-tool' },
  });
  expect(progress.length).toBeGreaterThan(2);
  expect(progress.at(-1)).toBe(33 * MIB);
  const stored = await readFile(join(served.folder, 'packages', '1.0.0', 'tool.bin'));
  expect(stored.equals(BYTES)).toBe(true);
});

test('a paused file goes on when it is resumed', async () => {
  const { fetch, begun, puts } = held();
  const uppy = uppyOf('paused', { fetch, partsAtOnce: 1 });
  const id = addFile(uppy);
  const result = uppy.upload();
  await begun;

  const isPaused = uppy.pauseResume(id);
  uppy.pauseResume(id);

  expect(isPaused).toBe(true);
  expect((await result)?.successful).toHaveLength(1);
  expect(puts()).toBe(4);
});

test('a removed file is cancelled, and its name is free again', async () => {
  const { fetch, begun, freed } = held();
  const uppy = uppyOf('removed', { fetch, partsAtOnce: 1 });
  const id = addFile(uppy);
  const result = uppy.upload();
  await begun;

  uppy.removeFile(id);
  await Promise.all([result, freed]);
  const again = uppyOf('removed');
  addFile(again, 'tool.bin', new Uint8Array([1]));

  expect((await again.upload())?.successful).toHaveLength(1);
});

test('a refusal is an error of the file, with what the service says', async () => {
  const uppy = uppyOf('refused', { getToken: () => 'stw_wrong' });
  addFile(uppy, 'small.txt', new Uint8Array([1]));

  const result = await uppy.upload();

  expect(result?.successful).toEqual([]);
  expect(result?.failed?.[0]?.error).toMatch(/token/);
});
