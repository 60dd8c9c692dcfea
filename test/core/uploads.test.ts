/** An upload, from its announcement to the published package, and all that may go wrong on the way. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import { deletePackage } from '../../core/lifecycle/lifecycle.ts';
import { parseExt } from '../../core/names.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { verifyUpload } from '../../core/publishing/verify-upload.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { getUpload, signParts } from '../../core/uploads/parts.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { MIB, partRequests, ref, singleRequest, World, withoutEvidence } from './world.ts';

const refused = (code: string) => expect.objectContaining({ code });

describe('a single upload', () => {
  test('is available once its bytes are proven, and not before', async () => {
    const world = new World();
    const created = await world.create('bytes');
    expect(await world.stateNow()).toBe('pending');

    expect(await world.send(singleRequest(created), 'bytes')).toBe(200);
    const record = await completeUpload(world.deps, ref);

    expect(record).toMatchObject({ state: 'available', publishedAt: world.now.toISOString() });
    expect(record.blob?.etag).toBe((await world.memory.stat(record.key))?.etag);
    expect(await world.leftovers()).toBe(0);
  });

  test('completing again gives the same record', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    const first = await completeUpload(world.deps, ref);
    world.pass(60);

    expect(await completeUpload(world.deps, ref)).toEqual(first);
  });

  test('completing before anything was sent is NOT_UPLOADED and changes nothing', async () => {
    const world = new World();
    const { record } = await world.create('bytes');

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(refused('NOT_UPLOADED'));

    expect(await world.catalog.getPackage(ref)).toEqual(record);
  });

  test('without evidence from the store the bytes are read back first', async () => {
    const world = new World(withoutEvidence);
    await world.send(singleRequest(await world.create('bytes')), 'bytes');

    expect((await completeUpload(world.deps, ref)).state).toBe('verifying');
    await world.verifyAll();

    expect(await world.stateNow()).toBe('available');
  });

  test('two completions at once publish once', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');

    const [one, two] = await Promise.all([
      completeUpload(world.deps, ref),
      completeUpload(world.deps, ref),
    ]);

    expect(one).toEqual(two);
  });
});

describe('creating again', () => {
  test('with the same terms renews the pending upload', async () => {
    const world = new World();
    const first = await world.create('bytes');
    world.pass(800);

    const second = await world.create('bytes', { filename: 'other.zip' });

    expect(second).toMatchObject({ created: false, record: { filename: first.record.filename } });
    expect(singleRequest(second).expiresAt > singleRequest(first).expiresAt).toBe(true);
  });

  test.each([
    ['other bytes', 'bytez', {}],
    ['another length', 'byte', {}],
    ['another ext', 'bytes', { ext: parseExt('tar.gz') }],
  ])(
    'with %s is UPLOAD_IN_PROGRESS while pending, and ALREADY_EXISTS once available',
    async (_, bytes, more) => {
      const world = new World();
      const created = await world.create('bytes');
      await expect(world.create(bytes, more)).rejects.toEqual(refused('UPLOAD_IN_PROGRESS'));

      await world.send(singleRequest(created), 'bytes');
      await completeUpload(world.deps, ref);

      await expect(world.create(bytes, more)).rejects.toEqual(refused('ALREADY_EXISTS'));
    },
  );

  test('with the same terms as an available package gets its record, without an upload', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    const record = await completeUpload(world.deps, ref);

    expect(await world.create('bytes')).toEqual({ record, created: false });
  });

  test('over a deleted name is refused for good', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    await completeUpload(world.deps, ref);
    await deletePackage(world.deps, ref);

    await expect(world.create('bytes')).rejects.toEqual(refused('ALREADY_EXISTS'));
  });

  test('by 20 at once makes one upload', async () => {
    const world = new World();

    const all = await Promise.all(
      Array.from({ length: 20 }, () => world.create('bytes', { method: 'multipart' })),
    );

    expect(all.filter((one) => one.created)).toHaveLength(1);
    expect(new Set(all.map((one) => one.record.attemptId)).size).toBe(1);
    expect(await world.leftovers()).toBe(1);
  });

  test('is refused if the key holds bytes that no record owns, and these stay', async () => {
    const world = new World();
    const { record } = await new World().create('bytes');
    world.memory.plant(record.key, Buffer.from('legacy'));

    await expect(world.create('bytes')).rejects.toEqual(refused('KEY_OCCUPIED'));

    expect(await world.memory.stat(record.key)).toMatchObject({ size: 6 });
    expect(await world.stateNow()).toBeUndefined();
  });
});

describe('a multipart upload', () => {
  const bytes = Buffer.alloc(33 * MIB, 'stowage');
  const parts = [
    bytes.subarray(0, 16 * MIB),
    bytes.subarray(16 * MIB, 32 * MIB),
    bytes.subarray(32 * MIB),
  ] as const;

  async function sendParts(
    world: World,
    requests: Awaited<ReturnType<typeof partRequests>>,
    which: readonly number[],
  ) {
    for (const index of which) {
      const request = requests[index];
      const part = parts[index];
      if (request === undefined || part === undefined) throw new Error('no such part');
      expect(await world.send(request, part)).toBe(200);
    }
  }

  test('is verified before it is available', async () => {
    const world = new World();
    const requests = partRequests(await world.create(bytes, { method: 'multipart' }));
    await sendParts(world, requests, [2, 0, 1]);

    expect((await completeUpload(world.deps, ref)).state).toBe('verifying');
    await world.verifyAll();

    expect(await world.stateNow()).toBe('available');
    expect(await world.leftovers()).toBe(0);
  });

  test('names the parts that are missing, and goes on', async () => {
    const world = new World();
    const requests = partRequests(await world.create(bytes, { method: 'multipart' }));
    await sendParts(world, requests, [1]);

    await expect(completeUpload(world.deps, ref)).rejects.toThrow('2 of 3 parts are missing: 1, 3');
    expect((await getUpload(world.deps, ref)).parts).toEqual([{ partNumber: 2, size: 16 * MIB }]);

    await sendParts(world, requests, [0, 2]);
    expect((await completeUpload(world.deps, ref)).state).toBe('verifying');
  });

  test('with other bytes than declared is rejected, its bytes are removed, and the name is free again', async () => {
    const world = new World();
    const requests = partRequests(
      await world.create(bytes, { method: 'multipart', sha256: sha256Of('other') }),
    );
    await sendParts(world, requests, [0, 1, 2]);
    await completeUpload(world.deps, ref);
    await world.verifyAll();

    expect(await world.stateNow()).toBe('rejected');
    await expect(completeUpload(world.deps, ref)).rejects.toEqual(refused('INTEGRITY'));
    expect(await world.leftovers()).toBe(0);
    expect((await world.create('fresh')).created).toBe(true);
  });

  test('that was joined before its answer was lost is finished all the same', async () => {
    const world = new World();
    const created = await world.create(bytes, { method: 'multipart' });
    await sendParts(world, partRequests(created), [0, 1, 2]);
    await completeUpload(world.deps, ref);
    if (created.record.plan.method !== 'multipart') throw new Error('not multipart');
    await world.memory.completeMultipart({
      key: created.record.key,
      uploadId: created.record.plan.uploadId,
    });

    await world.verifyAll();

    expect(await world.stateNow()).toBe('available');
  });

  test('verified by three at once is published once', async () => {
    const world = new World();
    await sendParts(
      world,
      partRequests(await world.create(bytes, { method: 'multipart' })),
      [0, 1, 2],
    );
    await completeUpload(world.deps, ref);

    await Promise.all([1, 2, 3].map(() => verifyUpload(world.deps, ref)));

    expect(await world.stateNow()).toBe('available');
  });

  test('whose store fails while joining stays verifying, to be tried again', async () => {
    let failing = true;
    const world = new World(
      (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === 'completeMultipart' && failing)
              return () => Promise.reject(new Error('store is down'));
            const value = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
    );
    await sendParts(
      world,
      partRequests(await world.create(bytes, { method: 'multipart' })),
      [0, 1, 2],
    );
    await completeUpload(world.deps, ref);

    await expect(world.verifyAll()).rejects.toThrow('store is down');
    expect(await world.stateNow()).toBe('verifying');

    failing = false;
    await verifyUpload(world.deps, ref);
    expect(await world.stateNow()).toBe('available');
  });

  test('signs parts by number, within its plan', async () => {
    const world = new World();
    await world.create(bytes, { method: 'multipart' });

    const signed = await signParts(world.deps, ref, [3, 1], undefined);

    expect(signed.map((part) => [part.partNumber, part.size])).toEqual([
      [3, MIB],
      [1, 16 * MIB],
    ]);
    await expect(signParts(world.deps, ref, [4], undefined)).rejects.toEqual(
      refused('INVALID_INPUT'),
    );
    await expect(signParts(world.deps, ref, [1, 1], undefined)).rejects.toEqual(
      refused('INVALID_INPUT'),
    );
    await expect(signParts(world.deps, ref, [1], [sha256Of('x')])).rejects.toEqual(
      refused('INVALID_INPUT'),
    );
  });

  test('with part checksums signs no part without one', async () => {
    const world = new World();
    const created = await world.create(bytes, { method: 'multipart', partChecksums: true });

    expect(partRequests(created)).toEqual([]);
    await expect(signParts(world.deps, ref, [1], undefined)).rejects.toEqual(
      refused('INVALID_INPUT'),
    );
    await expect(signParts(world.deps, ref, [1, 2], [sha256Of(parts[0])])).rejects.toEqual(
      refused('INVALID_INPUT'),
    );
    const [first] = await signParts(world.deps, ref, [1], [sha256Of(parts[0])]);
    if (first === undefined) throw new Error('no part was signed');
    expect(await world.send(first.request, Buffer.alloc(16 * MIB))).toBeGreaterThanOrEqual(400);
    expect(await world.send(first.request, parts[0])).toBe(200);
  });
});

describe('an aborted upload', () => {
  test('frees its name and leaves nothing', async () => {
    const world = new World();
    const created = await world.create('bytes');
    await world.send(singleRequest(created), 'bytes');

    await abortUpload(world.deps, ref);

    expect(await world.stateNow()).toBeUndefined();
    expect(await world.memory.stat(created.record.key)).toBeUndefined();
    expect((await world.create('other')).created).toBe(true);
  });

  test('whose request arrives late is removed by the next create', async () => {
    const world = new World();
    const dead = await world.create('bytes');
    await abortUpload(world.deps, ref);
    expect(await world.send(singleRequest(dead), 'bytes')).toBe(200);

    const next = await world.create('other');
    expect(await world.send(singleRequest(next), 'other')).toBe(200);

    expect((await completeUpload(world.deps, ref)).state).toBe('available');
  });

  test('whose request arrives during the next attempt is removed, and the publisher must send again', async () => {
    const world = new World();
    const dead = await world.create('bytes');
    await abortUpload(world.deps, ref);
    const next = await world.create('other');
    await world.send(singleRequest(dead), 'bytes');
    expect(await world.send(singleRequest(next), 'other')).toBe(412);

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(refused('NOT_UPLOADED'));
    expect(await world.send(singleRequest(next), 'other')).toBe(200);

    expect((await completeUpload(world.deps, ref)).sha256).toBe(sha256Of('other'));
  });

  test('whose late request brings the very bytes of the next one does not publish them: cleanup would remove them', async () => {
    const world = new World();
    const dead = await world.create('bytes');
    await abortUpload(world.deps, ref);
    const next = await world.create('bytes');
    await world.send(singleRequest(dead), 'bytes');
    expect(await world.send(singleRequest(next), 'bytes')).toBe(412);

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(refused('NOT_UPLOADED'));
    expect(await world.send(singleRequest(next), 'bytes')).toBe(200);
    await completeUpload(world.deps, ref);

    await sweep(world.deps, 0);
    expect(await world.memory.stat(next.record.key)).toMatchObject({ size: 5 });
  });

  test('is over: a published package is not given up', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    await completeUpload(world.deps, ref);

    await expect(abortUpload(world.deps, ref)).rejects.toEqual(refused('CONFLICT'));

    expect(await world.stateNow()).toBe('available');
  });
});

describe('bytes that no upload sent', () => {
  async function planted(text: string, wrap?: (store: BlobStore) => BlobStore) {
    const world = new World(wrap);
    const { record } = await world.create('bytes');
    world.memory.plant(record.key, Buffer.from(text));
    return { world, key: record.key };
  }

  test('and that are not what was declared reject the upload and stay', async () => {
    const { world, key } = await planted('alien');

    expect((await completeUpload(world.deps, ref)).state).toBe('verifying');
    await world.verifyAll();

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(refused('KEY_OCCUPIED'));
    await expect(world.create('bytes')).rejects.toEqual(refused('KEY_OCCUPIED'));
    await abortUpload(world.deps, ref);
    expect(await world.memory.stat(key)).toMatchObject({ size: 5 });
  });

  test('of another length reject it at once and stay', async () => {
    const { world, key } = await planted('foreign');

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(refused('KEY_OCCUPIED'));

    expect(await world.memory.stat(key)).toMatchObject({ size: 7 });
  });

  test('and that are just what was declared are as good as sent', async () => {
    const { world } = await planted('bytes');

    await completeUpload(world.deps, ref);
    await world.verifyAll();

    expect(await world.stateNow()).toBe('available');
  });
});

describe('something that is no file under the key', () => {
  const alien = (world: () => boolean) => (store: BlobStore) =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'stat' && world())
          return () => Promise.reject(new ServiceError('KEY_OCCUPIED', 'a folder'));
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });

  test('lets no upload take the name', async () => {
    const world = new World(alien(() => true));

    await expect(world.create('bytes')).rejects.toEqual(refused('KEY_OCCUPIED'));

    expect(await world.stateNow()).toBeUndefined();
  });

  test('rejects what is being verified, and an abort frees the name all the same', async () => {
    let there = false;
    const world = new World(alien(() => there));
    await world.send(
      partRequests(await world.create('bytes', { method: 'multipart' }))[0] ?? never(),
      'bytes',
    );
    await completeUpload(world.deps, ref);
    there = true;
    await world.verifyAll();

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(refused('KEY_OCCUPIED'));
    await abortUpload(world.deps, ref);

    expect(await world.stateNow()).toBeUndefined();
  });
});

function never(): never {
  throw new Error('nothing was signed');
}

test('bytes that are swapped while they are read back are noticed', async () => {
  let swap = true;
  const world: World = new World((store) => {
    const blind = withoutEvidence(store);
    return new Proxy(blind, {
      get(target, name) {
        if (name === 'get') {
          return async (...args: Parameters<BlobStore['get']>) => {
            const stream = await target.get(...args);
            if (swap) world.memory.plant(args[0], Buffer.from('evils'));
            swap = false;
            return stream;
          };
        }
        return Reflect.get(target, name, target);
      },
    });
  });
  await world.send(singleRequest(await world.create('bytes')), 'bytes');
  await completeUpload(world.deps, ref);

  await world.verifyAll();

  expect(await world.stateNow()).toBe('rejected');
});
