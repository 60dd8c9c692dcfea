/** An upload whose parts the store refuses to join for good ends, and an upload is given up in every state. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { verifyUpload } from '../../core/uploads/verify-upload.ts';
import { partRequests, ref, singleRequest, World, withoutEvidence } from './world.ts';

const refused = (code: string) => expect.objectContaining({ code });

/** `store`, but for the methods that are given. */
function overlaid(store: BlobStore, methods: Partial<BlobStore>): BlobStore {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(methods, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function sentInParts(world: World): Promise<void> {
  const [request] = partRequests(await world.create('bytes', { method: 'multipart' }));
  if (request === undefined) throw new Error('no part was signed');
  await world.send(request, 'bytes');
  await completeUpload(world.deps, ref);
}

describe('parts that the store refuses to join for good', () => {
  const refusing = (code: 'NOT_SUPPORTED' | 'INTEGRITY') => (store: BlobStore) =>
    overlaid(store, {
      completeMultipart: () =>
        Promise.reject(new ServiceError(code, 'joining the parts: the store says "InvalidRequest: no checksum"')),
    });

  test('reject the upload with what the store said, and its parts go', async () => {
    const world = new World(refusing('NOT_SUPPORTED'));
    await sentInParts(world);

    await world.verifyAll();

    expect(await world.stateNow()).toBe('rejected');
    const again = completeUpload(world.deps, ref);
    await expect(again).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('InvalidRequest: no checksum'),
    });
    expect(await world.leftovers()).toBe(0);
  });

  test('leave the name free for another try', async () => {
    const world = new World(refusing('NOT_SUPPORTED'));
    await sentInParts(world);
    await world.verifyAll();

    expect((await world.create('bytes')).created).toBe(true);
  });
});

describe('an upload that is being verified', () => {
  test('is given up: its name is free and its parts go', async () => {
    const world = new World();
    await sentInParts(world);
    expect(await world.stateNow()).toBe('verifying');

    await abortUpload(world.deps, ref);

    expect(await world.stateNow()).toBeUndefined();
    expect(await world.leftovers()).toBe(0);
    await world.verifyAll();
    expect((await world.create('other')).created).toBe(true);
  });

  test('and is given up while its parts are joined leaves no bytes behind', async () => {
    const world: World = new World((store) =>
      overlaid(store, {
        completeMultipart: async (upload) => {
          await abortUpload(world.deps, ref);
          // The store had begun to join when the parts were given up.
          return world.memory.completeMultipart(await again(world, upload.key));
        },
        abortMultipart: async () => undefined,
      }),
    );
    await sentInParts(world);
    const record = await world.catalog.getPackage(ref);

    await world.verifyAll();

    expect(await world.stateNow()).toBeUndefined();
    expect(record && (await world.memory.stat(record.key))).toBeUndefined();
  });

  test('and is given up while its bytes are read back is not published', async () => {
    const world: World = new World((store) => {
      const blind = withoutEvidence(store);
      return overlaid(blind, {
        get: async (...args) => {
          const body = await blind.get(...args);
          // A refusal here would look to the reader like bytes that were replaced.
          await abortUpload(world.deps, ref).catch(() => undefined);
          return body;
        },
      });
    });
    const created = await world.create('bytes');
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(world.deps, ref);

    await verifyUpload(world.deps, ref);

    expect(await world.stateNow()).toBeUndefined();
    expect(await world.memory.stat(created.record.key)).toBeUndefined();
  });

  test('and was published meanwhile is not given up', async () => {
    const world = new World();
    await sentInParts(world);
    await world.verifyAll();

    await expect(abortUpload(world.deps, ref)).rejects.toEqual(refused('CONFLICT'));
    expect(await world.stateNow()).toBe('available');
  });
});

/** The upload as the store knows it. */
async function again(world: World, key: Parameters<BlobStore['stat']>[0]) {
  for await (const leftover of world.memory.leftovers()) {
    if (leftover.uploadId !== undefined) return { key, uploadId: leftover.uploadId };
  }
  throw new Error('no upload is under way');
}
