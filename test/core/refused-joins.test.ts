/** An upload ends if the store refuses for good to join its parts, and can be given up in every state. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { partPlanFor } from '../../core/proof/part-plan.ts';
import { termsOf } from '../../core/proof/proof.ts';
import { verifyUpload } from '../../core/publishing/verify-upload.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { signParts } from '../../core/uploads/parts.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
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
        Promise.reject(
          new ServiceError(code, 'joining the parts: the store says "InvalidRequest: no checksum"'),
        ),
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

  test('signs no part: it is over, also where its parts are joined while one is to be signed', async () => {
    const world: World = new World((store) =>
      overlaid(store, {
        signPart: async () => {
          await sendAll(world);
          throw new ServiceError('NOT_FOUND', 'no such upload is under way');
        },
      }),
    );
    await world.create('bytes', { method: 'multipart', partChecksums: true });

    await expect(signParts(world.deps, ref, [1], [sha256Of('bytes')])).rejects.toEqual(
      refused('CONFLICT'),
    );
  });

  test('is not taken for one whose parts are lost, where it is created again while its parts are joined', async () => {
    const world: World = new World((store) =>
      overlaid(store, {
        signPart: async () => {
          await sendAll(world);
          throw new ServiceError('NOT_FOUND', 'no such upload is under way');
        },
      }),
    );
    // Its parts would be signed with the answer: so it is announced while the store still signs.
    const signs = new World();
    const { record } = await signs.create('bytes', { method: 'multipart' });
    const { uploadId } = await world.memory.beginMultipart(record.key, termsOf(record), {
      ...partPlanFor(5, false),
    });
    await world.catalog.createPackage({
      ...record,
      plan: { method: 'multipart', ...partPlanFor(5, false), uploadId },
    });

    const again = await world.create('bytes', { method: 'multipart' });

    expect(again).toMatchObject({ created: false, record: { state: 'verifying' } });
    expect(again.upload).toBeUndefined();
  });

  test('and was published meanwhile is not given up', async () => {
    const world = new World();
    await sentInParts(world);
    await world.verifyAll();

    await expect(abortUpload(world.deps, ref)).rejects.toEqual(refused('CONFLICT'));
    expect(await world.stateNow()).toBe('available');
  });
});

/** What another run of the same publisher does: all parts are there, and it completes. */
async function sendAll(world: World): Promise<void> {
  const record = await world.catalog.getPackage(ref);
  if (record?.plan.method !== 'multipart') throw new Error('not in parts');
  const { uploadId } = record.plan;
  const { partChecksums } = record.plan;
  const part = { partNumber: 1, size: 5, ...(partChecksums && { sha256: sha256Of('bytes') }) };
  await world.memory.putPart({ key: record.key, uploadId }, part, Buffer.from('bytes'));
  await completeUpload(world.deps, ref);
}

/** The upload as the store knows it. */
async function again(world: World, key: Parameters<BlobStore['stat']>[0]) {
  for await (const leftover of world.memory.leftovers()) {
    if (leftover.uploadId !== undefined) return { key, uploadId: leftover.uploadId };
  }
  throw new Error('no upload is under way');
}
