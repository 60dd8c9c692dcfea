/** Uploads whose SHA-256 is given when they are completed, because their publisher reads the file once. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parseExt } from '../../core/names.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { bytesArrived } from '../../core/uploads/bytes-arrived.ts';
import { checkNames } from '../../core/uploads/check-names.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import type { NewPackage } from '../../core/uploads/create-upload.ts';
import { getUpload, signParts } from '../../core/uploads/parts.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { MIB, ref, World } from './world.ts';

const LATE: Partial<NewPackage> = { sha256: undefined, method: 'multipart', partChecksums: true };
const PART_BYTES = 16 * MIB;
/** Two parts. */
const FILE = Buffer.alloc(PART_BYTES + 5, 'a');
const PARTS = [FILE.subarray(0, PART_BYTES), FILE.subarray(PART_BYTES)];
const OTHER_PART = Buffer.from('other');

const refused = (code: string, text = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(text) });

function digestOf(parts: readonly Buffer[]) {
  const digests = parts.map((part) => Buffer.from(sha256Of(part), 'hex'));
  const partsSha256 = createHash('sha256').update(Buffer.concat(digests)).digest('hex');
  return { sha256: sha256Of(Buffer.concat(parts)), partsSha256 };
}

const DIGEST = digestOf(PARTS);

async function sendPart(world: World, partNumber: number, bytes: Buffer): Promise<void> {
  const [part] = await signParts(world.deps, ref, [partNumber], [sha256Of(bytes)]);
  if (part === undefined) throw new Error('no part was signed');
  expect(await world.send(part.request, bytes)).toBe(200);
}

async function sendAll(world: World, parts = PARTS): Promise<void> {
  for (const [index, part] of parts.entries()) await sendPart(world, index + 1, part);
}

/** A world with a late upload all of whose parts arrived. */
async function sentWorld(wrap?: (store: BlobStore) => BlobStore): Promise<World> {
  const world = new World(wrap);
  await world.create(FILE, LATE);
  await sendAll(world);
  return world;
}

describe('an upload that is created without a sha256', () => {
  test('is available with the digest that completing it gave', async () => {
    const world = new World();
    const { record } = await world.create(FILE, LATE);
    expect(record).not.toHaveProperty('sha256');
    await sendAll(world);

    const verifying = await completeUpload(world.deps, ref, DIGEST);
    await world.verifyAll();

    expect(verifying).toMatchObject({ state: 'verifying', sha256: DIGEST.sha256 });
    expect(await world.catalog.getPackage(ref)).toMatchObject({
      state: 'available',
      sha256: DIGEST.sha256,
    });
  });

  test('is rejected if the whole file is not what was said', async () => {
    const world = await sentWorld();

    await completeUpload(world.deps, ref, { ...DIGEST, sha256: sha256Of('something else') });
    await world.verifyAll();

    expect(await world.stateNow()).toBe('rejected');
    expect((await world.create(FILE, LATE)).created).toBe(true);
  });

  test('stays pending if a stored part has other bytes, and goes on once it is sent again', async () => {
    const world = new World();
    await world.create(FILE, LATE);
    const [first = FILE] = PARTS;
    await sendAll(world, [first, OTHER_PART]);

    await expect(completeUpload(world.deps, ref, DIGEST)).rejects.toEqual(
      refused('NOT_UPLOADED', 'send those that differ again'),
    );
    const pending = await world.catalog.getPackage(ref);
    expect(pending?.state).toBe('pending');
    expect(pending).not.toHaveProperty('sha256');
    expect((await getUpload(world.deps, ref)).parts).toEqual([
      { partNumber: 1, size: PART_BYTES, sha256: sha256Of(first) },
      { partNumber: 2, size: 5, sha256: sha256Of(OTHER_PART) },
    ]);

    await sendPart(world, 2, PARTS[1] ?? FILE);
    await completeUpload(world.deps, ref, DIGEST);
    await world.verifyAll();
    expect(await world.stateNow()).toBe('available');
  });

  test('can be completed only with a digest, and only when all parts are there', async () => {
    const world = new World();
    await world.create(FILE, LATE);
    await expect(completeUpload(world.deps, ref, DIGEST)).rejects.toEqual(
      refused('NOT_UPLOADED', '2 of 2 parts are missing'),
    );
    await sendAll(world);

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(
      refused('INVALID_INPUT', 'complete it with sha256 and partsSha256'),
    );

    expect(await world.stateNow()).toBe('pending');
  });

  test('keeps its first digest: completing it with another one is a CONFLICT in every state', async () => {
    const world = await sentWorld();
    const other = { ...DIGEST, sha256: sha256Of('something else') };

    await completeUpload(world.deps, ref, DIGEST);
    await expect(completeUpload(world.deps, ref, other)).rejects.toEqual(refused('CONFLICT'));
    expect(await completeUpload(world.deps, ref, DIGEST)).toMatchObject({ state: 'verifying' });
    await world.verifyAll();

    await expect(completeUpload(world.deps, ref, other)).rejects.toEqual(refused('CONFLICT'));
    expect(await completeUpload(world.deps, ref, DIGEST)).toMatchObject({ state: 'available' });
    expect(await completeUpload(world.deps, ref)).toMatchObject({ state: 'available' });
  });

  test('of two completions at once with other digests, one wins', async () => {
    const world = await sentWorld();
    const other = { ...DIGEST, sha256: sha256Of('something else') };

    const ended = await Promise.allSettled([
      completeUpload(world.deps, ref, DIGEST),
      completeUpload(world.deps, ref, other),
    ]);

    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'CONFLICT' },
    });
  });

  test('is finished by the sweep if the process ended between the write and the queue', async () => {
    const world = await sentWorld();
    const deaf = { ...world.deps, verification: { enqueue: () => new Promise<void>(() => {}) } };
    void completeUpload(deaf, ref, DIGEST);
    await expect(until(async () => (await world.stateNow()) === 'verifying')).resolves.toBe(true);

    await sweep(world.deps, 0);
    await world.verifyAll();

    expect(await world.catalog.getPackage(ref)).toMatchObject({
      state: 'available',
      sha256: DIGEST.sha256,
    });
  });

  test('keeps its digest if the queue fails, so that a worker which got it publishes no other', async () => {
    const world = await sentWorld();
    const failing = { enqueue: () => Promise.reject(new Error('the queue is down')) };
    await expect(
      completeUpload({ ...world.deps, verification: failing }, ref, DIGEST),
    ).rejects.toThrow('the queue is down');

    expect(await world.catalog.getPackage(ref)).toMatchObject({
      state: 'pending',
      sha256: DIGEST.sha256,
    });
    await completeUpload(world.deps, ref, DIGEST);
    await world.verifyAll();
    expect(await world.stateNow()).toBe('available');
  });

  test('is never finished by the sweep, and is removed when it was idle for too long', async () => {
    const world = await sentWorld();
    world.pass(world.deps.limits.uploadTtlSeconds + 1);
    expect(await sweep(world.deps, 0)).toMatchObject({ finished: 0, expired: 0, failures: [] });
    expect(await world.stateNow()).toBe('pending');

    world.pass(world.deps.limits.uploadRetentionSeconds);
    expect(await sweep(world.deps, 0)).toMatchObject({ finished: 0, expired: 1, failures: [] });

    expect(await world.stateNow()).toBeUndefined();
    expect(await world.leftovers()).toBe(0);
  });

  test('is left alone by the event that bytes arrived under its key', async () => {
    const world = await sentWorld();
    const record = await world.catalog.getPackage(ref);

    expect(await bytesArrived(world.deps, record?.key ?? '')).toBe('waits');

    expect(await world.catalog.getPackage(ref)).toEqual(record);
  });

  test('counts among the pending bytes, and frees its name when it is given up', async () => {
    const world = await sentWorld();
    expect(await world.catalog.pendingBytes()).toEqual(new Map([['publisher', FILE.length]]));

    await abortUpload(world.deps, ref);

    expect(await world.stateNow()).toBeUndefined();
    expect(await world.leftovers()).toBe(0);
  });
});

describe('creating without a sha256', () => {
  test('again is the same upload, as long as it has no digest', async () => {
    const world = await sentWorld();

    const again = await world.create(FILE, LATE);

    expect(again).toMatchObject({ created: false, upload: { method: 'multipart', parts: [] } });
    await completeUpload(world.deps, ref, DIGEST);
    await expect(world.create(FILE, LATE)).rejects.toEqual(refused('UPLOAD_IN_PROGRESS'));
    expect(await world.create(FILE)).toMatchObject({ created: false });
    await world.verifyAll();
    await expect(world.create(FILE, LATE)).rejects.toEqual(
      refused('ALREADY_EXISTS', `exists with sha256 ${DIGEST.sha256}`),
    );
    expect(await world.create(FILE)).toMatchObject({ created: false });
  });

  test('with another size, or with a sha256, is another upload than one that has none', async () => {
    const world = new World();
    await world.create(FILE, LATE);

    await expect(world.create(Buffer.alloc(5), LATE)).rejects.toEqual(
      refused('UPLOAD_IN_PROGRESS', 'sha256 not given yet'),
    );
    await expect(world.create(FILE)).rejects.toEqual(refused('UPLOAD_IN_PROGRESS'));
  });

  test.each<[string, Partial<NewPackage>]>([
    ['a single request', { method: 'single', partChecksums: true }],
    ['a size that goes in one request', { method: undefined, partChecksums: true }],
    ['parts that declare no sha256', { method: 'multipart', partChecksums: false }],
  ])('is INVALID_INPUT for %s', async (_, terms) => {
    const world = new World();

    await expect(world.create(FILE, { ...LATE, ...terms })).rejects.toEqual(
      refused('INVALID_INPUT', 'send the sha256, or method multipart'),
    );

    expect(await world.stateNow()).toBeUndefined();
  });

  test('is NOT_SUPPORTED where the store does not report the digests of parts', async () => {
    const world = new World(
      (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === 'listsPartDigests') return async () => false;
            const value = Reflect.get(target, name) as unknown;
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
    );

    await expect(world.create(FILE, LATE)).rejects.toEqual(refused('NOT_SUPPORTED'));

    expect(await world.stateNow()).toBeUndefined();
    expect(await world.leftovers()).toBe(0);
  });

  test('is asked about by name and size: same as any upload, but no digest is the same as none', async () => {
    const world = new World();
    await world.create(FILE, LATE);
    const name = { packageId: ref.packageId, ext: parseExt('zip'), size: FILE.length };

    const verdicts = await checkNames(world.deps, ref.versionId, [name]);
    const others = await checkNames(world.deps, ref.versionId, [
      { ...name, sha256: DIGEST.sha256 },
    ]);

    expect(verdicts).toMatchObject([{ verdict: 'same' }]);
    expect(others).toMatchObject([
      { verdict: 'taken', detail: 'an upload whose sha256 is not known yet has this name' },
    ]);
  });
});

describe('completing an upload that has its sha256', () => {
  test('may repeat it, and must not give another one', async () => {
    const world = new World();
    await world.create(FILE, { method: 'multipart', partChecksums: true });
    await sendAll(world);
    const other = { ...DIGEST, sha256: sha256Of('something else') };

    await expect(completeUpload(world.deps, ref, other)).rejects.toEqual(refused('CONFLICT'));
    await completeUpload(world.deps, ref, DIGEST);
    await world.verifyAll();

    expect(await world.stateNow()).toBe('available');
  });
});

async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  for (let turn = 0; turn < 1000; turn++) {
    if (await isSo()) return true;
    await Promise.resolve();
  }
  return false;
}
