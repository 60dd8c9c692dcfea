/** What one look of the scrub does to a record, by what is stored. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import { packageKey, parseExt } from '../../../core/names.ts';
import type { BlobStore } from '../../../core/ports/blob-store.ts';
import { findAvailable } from '../../../core/reading/links.ts';
import type { PackageRecord } from '../../../core/records.ts';
import { type ScrubStore, scrubPackage } from '../../../core/scrub/scrub-package.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { ref, singleRequest, World } from '../world.ts';

const KEY = packageKey(ref.versionId, ref.packageId, parseExt('zip'));
const BYTES = 'the bytes';
const OTHERS = 'THE BYTES';

async function published(): Promise<World> {
  const world = new World();
  await world.send(singleRequest(await world.create(BYTES)), BYTES);
  await completeUpload(world.deps, ref);
  return world;
}

async function recordOf(world: World): Promise<PackageRecord> {
  const record = await world.catalog.getPackage(ref);
  if (record === undefined) throw new Error('there is no record');
  return record;
}

/** @param changes what the store does instead of what it should */
async function scrub(
  world: World,
  changes: Partial<BlobStore> = {},
  pace = async (_: number) => {},
) {
  const store: ScrubStore = {
    name: 'memory',
    scrubbedBy: 'reading',
    stat: (key) => world.memory.stat(key),
    get: (key, options) => world.memory.get(key, options),
    ...changes,
  };
  const { catalog } = world;
  return scrubPackage({ catalog, store, clock: () => world.now, pace }, await recordOf(world));
}

const flipped: BlobStore['get'] = async () => Readable.from([Buffer.from(OTHERS)]);

async function replace(world: World, bytes: string): Promise<void> {
  const info = await world.memory.stat(KEY);
  if (info !== undefined) await world.memory.delete(KEY, info);
  world.memory.plant(KEY, Buffer.from(bytes));
}

describe('stored bytes that are read', () => {
  test('and match the record are sound, and the record stays as it is', async () => {
    const world = await published();
    const before = await recordOf(world);

    expect(await scrub(world)).toEqual({ outcome: 'sound', key: KEY, detail: '' });
    expect(await recordOf(world)).toEqual(before);
  });

  test('and were changed without a trace are damaged: the record says since when and why, and downloads are refused', async () => {
    const world = await published();

    const found = await scrub(world, { get: flipped });

    const detail = `sha256 must be ${sha256Of(BYTES)}, got ${sha256Of(OTHERS)}`;
    expect(found).toEqual({ outcome: 'damaged', key: KEY, detail });
    expect((await recordOf(world)).damage).toEqual({ foundAt: world.now.toISOString(), detail });
    await expect(findAvailable(world.catalog, ref.versionId, 'tool.zip')).rejects.toMatchObject({
      code: 'INTEGRITY',
    });
  });

  test('and have another length are damaged', async () => {
    const world = await published();
    await replace(world, 'longer than the bytes');

    expect(await scrub(world)).toMatchObject({
      outcome: 'damaged',
      detail: 'size must be 9, got 21',
    });
  });

  test('and stay damaged keep the time at which that was found', async () => {
    const world = await published();
    await scrub(world, { get: flipped });
    const { damage } = await recordOf(world);
    world.pass(86_400);

    expect((await scrub(world, { get: flipped })).outcome).toBe('damaged');
    expect((await recordOf(world)).damage).toEqual(damage);
  });

  test('and are right again lose the mark, whatever their ETag is now', async () => {
    const world = await published();
    await scrub(world, { get: flipped });
    await replace(world, BYTES);

    expect((await scrub(world)).outcome).toBe('restored');

    const record = await recordOf(world);
    expect(record.damage).toBeUndefined();
    expect(record.blob?.etag).toBe((await world.memory.stat(KEY))?.etag);
    expect(await findAvailable(world.catalog, ref.versionId, 'tool.zip')).toEqual(record);
  });

  test('and were put there again get their new ETag into the record', async () => {
    const world = await published();
    await replace(world, BYTES);

    expect((await scrub(world)).outcome).toBe('noted');
    expect((await recordOf(world)).blob?.etag).toBe((await world.memory.stat(KEY))?.etag);
  });

  test('are read no faster than the pace lets them', async () => {
    const world = await published();
    const get: BlobStore['get'] = async () =>
      Readable.from(Array.from({ length: 5 }, () => Buffer.alloc(700_000)));
    const paced: number[] = [];

    await scrub(world, { get }, async (bytes) => void paced.push(bytes));

    expect(paced).toEqual([1_400_000, 1_400_000]);
  });
});

describe('nothing is marked', () => {
  test('where nothing is stored: another server may have the file', async () => {
    const world = await published();
    const info = await world.memory.stat(KEY);
    if (info !== undefined) await world.memory.delete(KEY, info);

    expect((await scrub(world)).outcome).toBe('missing');
    expect((await recordOf(world)).damage).toBeUndefined();
  });

  test.each(['UNAVAILABLE', 'CONFLICT', 'NOT_FOUND'] as const)(
    'where the store answers %s',
    async (code) => {
      const world = await published();
      const get: BlobStore['get'] = async () =>
        Promise.reject(new ServiceError(code, 'the disk is away'));

      expect(await scrub(world, { get })).toEqual({
        outcome: 'unread',
        key: KEY,
        detail: 'the disk is away',
      });
      expect((await recordOf(world)).damage).toBeUndefined();
    },
  );

  test('where the bytes are changed during the scrub', async () => {
    const world = await published();
    const get: BlobStore['get'] = async () => {
      await replace(world, BYTES);
      return Readable.from([Buffer.from(OTHERS)]);
    };

    expect((await scrub(world, { get })).outcome).toBe('changed');
    expect((await recordOf(world)).damage).toBeUndefined();
  });

  test('where the package is deleted during the scrub', async () => {
    const world = await published();
    const record = await recordOf(world);
    const get: BlobStore['get'] = async () => {
      await world.catalog.changePackage(
        ref,
        { attemptId: record.attemptId, states: ['available'] },
        { state: 'deleted' },
      );
      return Readable.from([Buffer.from(OTHERS)]);
    };

    expect((await scrub(world, { get })).outcome).toBe('changed');
  });
});

describe('a store that is asked', () => {
  const get: BlobStore['get'] = async () => Promise.reject(new Error('it was read'));

  test('and names the proven bytes is not read', async () => {
    const world = await published();
    const stat: BlobStore['stat'] = async (key) => {
      const info = await world.memory.stat(key);
      if (info === undefined) return undefined;
      const { sha256: _, ...rest } = info;
      return rest;
    };

    expect((await scrub(world, { scrubbedBy: 'asking', get, stat })).outcome).toBe('sound');
  });

  test('and has a checksum of other bytes has them marked without reading', async () => {
    const world = await published();
    const stat: BlobStore['stat'] = async (key) => {
      const info = await world.memory.stat(key);
      return info && { ...info, sha256: sha256Of(OTHERS) };
    };

    expect((await scrub(world, { scrubbedBy: 'asking', get, stat })).outcome).toBe('damaged');
  });

  test('and names other bytes is read: they may be the right ones, stored again', async () => {
    const world = await published();
    await replace(world, BYTES);

    expect((await scrub(world, { scrubbedBy: 'asking' })).outcome).toBe('noted');
    await replace(world, OTHERS);
    expect((await scrub(world, { scrubbedBy: 'asking' })).outcome).toBe('damaged');
  });
});
