/** `verify`: the files of a store are compared with the records of the catalog. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import { deletePackage, yankPackage } from '../../core/lifecycle/lifecycle.ts';
import { type VerifyOptions, verifyStore } from '../../core/lifecycle/verify-store.ts';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../core/names.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { publisher, ref, singleRequest, World } from './world.ts';

const KEY = 'packages/1.0.0/tool.zip';
const key = packageKey(ref.versionId, ref.packageId, parseExt('zip'));

async function published(world: World, bytes = 'the bytes'): Promise<void> {
  const created = await world.create(bytes);
  await world.send(singleRequest(created), bytes);
  await completeUpload(world.deps, ref);
}

/** @param store the store with a change that Stowage did not make */
async function verdicts(world: World, options?: VerifyOptions, store: Partial<BlobStore> = {}) {
  const bound: Pick<BlobStore, 'name' | 'get' | 'stat' | 'list'> = {
    name: world.memory.name,
    get: (...args) => world.memory.get(...args),
    stat: (...args) => world.memory.stat(...args),
    list: (prefix) => world.memory.list(prefix),
    ...store,
  };
  const found = [];
  for await (const verdict of verifyStore({ catalog: world.catalog, store: bound }, options))
    found.push(verdict);
  return found;
}

async function put(
  world: World,
  versionId: string,
  packageId: string,
  bytes: string,
): Promise<void> {
  const other = packageKey(parseVersionId(versionId), parsePackageId(packageId), parseExt('zip'));
  const terms = {
    contentType: 'a/b',
    contentDisposition: '',
    cacheControl: '',
    attemptId: 'somebody',
  };
  await world.memory.put(other, Readable.from([bytes]), {
    ...terms,
    size: bytes.length,
    sha256: sha256Of(bytes),
  });
}

describe('a published file', () => {
  test('with its own bytes is ok, also while it is yanked', async () => {
    const world = new World();
    await published(world);

    const available = await verdicts(world);
    await yankPackage({ ...world.deps }, publisher, ref, undefined);

    expect(available).toEqual([{ outcome: 'ok', key: KEY, size: 9 }]);
    expect(await verdicts(world)).toEqual(available);
  });

  test('with other bytes of the same length is corrupt', async () => {
    const world = new World();
    await published(world);

    const found = await verdicts(
      world,
      {},
      { get: async () => Readable.from([Buffer.from('THE BYTES')]) },
    );

    expect(found).toEqual([
      {
        outcome: 'corrupt',
        key: KEY,
        detail: `sha256 must be ${sha256Of('the bytes')}, got ${sha256Of('THE BYTES')}`,
      },
    ]);
  });

  test('that is marked as damaged is reported as such, and repaired once its bytes are right', async () => {
    const world = new World();
    await published(world);
    const attemptId = (await world.catalog.getPackage(ref))?.attemptId ?? '';
    const damage = { foundAt: '2026-01-01T00:00:00.000Z', detail: 'sha256 must be another' };
    await world.catalog.changePackage(ref, { attemptId, states: ['available'] }, { damage });

    const wrong = await verdicts(
      world,
      { repair: true },
      { get: async () => Readable.from([Buffer.from('THE BYTES')]) },
    );
    expect(wrong).toMatchObject([
      {
        outcome: 'corrupt',
        detail: expect.stringContaining('downloads are refused since 2026-01-01T00:00:00.000Z'),
      },
    ]);
    expect(await verdicts(world)).toMatchObject([
      {
        outcome: 'touched',
        detail: expect.stringContaining('damaged since 2026-01-01T00:00:00.000Z'),
      },
    ]);
    expect(await verdicts(world, { repair: true })).toMatchObject([{ outcome: 'repaired' }]);

    expect((await world.catalog.getPackage(ref))?.damage).toBeUndefined();
    expect(await verdicts(world)).toEqual([{ outcome: 'ok', key: KEY, size: 9 }]);
  });

  test('of another length is corrupt, and not read', async () => {
    const world = new World();
    await published(world);
    const info = await world.memory.stat(key);
    const stat: BlobStore['stat'] = async () => info && { ...info, size: 8 };
    const get: BlobStore['get'] = async () => Promise.reject(new Error('it was read'));

    expect(await verdicts(world, {}, { stat, get })).toEqual([
      { outcome: 'corrupt', key: KEY, detail: 'size must be 9, got 8' },
    ]);
  });

  test('that can not be read is corrupt', async () => {
    const world = new World();
    await published(world);
    const get: BlobStore['get'] = async () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('the');
          throw new Error('EIO: i/o error, read');
        })(),
      );

    expect(await verdicts(world, {}, { get })).toEqual([
      { outcome: 'corrupt', key: KEY, detail: "can't be read: EIO: i/o error, read" },
    ]);
  });

  test('that was replaced by a folder or a link is corrupt', async () => {
    const world = new World();
    await published(world);
    const stat: BlobStore['stat'] = async () => {
      throw new ServiceError('KEY_OCCUPIED', 'it is a folder');
    };

    expect(await verdicts(world, {}, { stat })).toEqual([
      { outcome: 'corrupt', key: KEY, detail: 'it is a folder' },
    ]);
  });

  test('that is gone is missing', async () => {
    const world = new World();
    await published(world);
    const info = await world.memory.stat(key);
    if (info !== undefined) await world.memory.delete(key, info);

    expect(await verdicts(world)).toEqual([
      { outcome: 'missing', key: KEY, detail: 'nothing is stored under this key' },
    ]);
  });

  test('that is deleted during the run is not reported', async () => {
    const world = new World();
    await published(world);
    const stat: BlobStore['stat'] = async (one) => {
      await deletePackage(world.deps, ref);
      return world.memory.stat(one);
    };

    expect(await verdicts(world, {}, { stat })).toEqual([]);
  });
});

describe('a published file whose bytes were stored again', () => {
  async function touched(): Promise<World> {
    const world = new World();
    await published(world);
    world.memory.plant(key, Buffer.from('the bytes'));
    return world;
  }
  const detail = 'the bytes are right, but their ETag is "2", and the record says "1"';

  test('is touched, and stays so', async () => {
    const world = await touched();

    expect(await verdicts(world)).toEqual([{ outcome: 'touched', key: KEY, detail }]);
    expect(await verdicts(world)).toEqual([{ outcome: 'touched', key: KEY, detail }]);
  });

  test.each([true, false])(
    'is repaired where that is asked for, yanked: %j; then it is ok',
    async (isYanked) => {
      const world = await touched();
      if (isYanked) await yankPackage({ ...world.deps }, publisher, ref, undefined);
      const before = await world.catalog.getPackage(ref);

      const found = await verdicts(world, { repair: true });

      expect(found).toEqual([{ outcome: 'repaired', key: KEY, detail }]);
      expect(await world.catalog.getPackage(ref)).toEqual({ ...before, blob: { etag: '"2"' } });
      expect(await verdicts(world)).toEqual([{ outcome: 'ok', key: KEY, size: 9 }]);
    },
  );

  test('is not repaired if it is stored once more during the run', async () => {
    const world = await touched();
    const get: BlobStore['get'] = async (...args) => {
      const bytes = await world.memory.get(...args);
      world.memory.plant(key, Buffer.from('the BYTES'));
      return bytes;
    };

    expect(await verdicts(world, { repair: true }, { get })).toEqual([
      { outcome: 'touched', key: KEY, detail },
    ]);
    expect((await world.catalog.getPackage(ref))?.blob).toEqual({ etag: '"1"' });
  });

  test('with other bytes is corrupt, and nothing is repaired', async () => {
    const world = await touched();
    world.memory.plant(key, Buffer.from('THE BYTES'));

    expect(await verdicts(world, { repair: true })).toMatchObject([
      { outcome: 'corrupt', key: KEY },
    ]);
    expect((await world.catalog.getPackage(ref))?.blob).toEqual({ etag: '"1"' });
  });
});

describe('a file that no published record owns', () => {
  test('is unowned where there is no record, or one of another ext, or of a package that was deleted', async () => {
    const world = new World();
    await published(world);
    await deletePackage(world.deps, ref);
    await put(world, '1.0.0', 'tool', 'put back');
    await put(world, '0.9.0', 'stray', 'stray');

    expect((await verdicts(world)).map(({ outcome, key: one }) => [outcome, one])).toEqual([
      ['unowned', 'packages/0.9.0/stray.zip'],
      ['unowned', KEY],
    ]);
  });

  test('is not reported while its upload is under way', async () => {
    const world = new World();
    const created = await world.create('the bytes');
    await world.send(singleRequest(created), 'the bytes');

    expect(await verdicts(world)).toEqual([]);
  });
});

describe('one version', () => {
  test('is looked at alone', async () => {
    const world = new World();
    await published(world);
    await put(world, '1.0.0-rc', 'stray', 'stray');

    expect(await verdicts(world, { versionId: ref.versionId })).toEqual([
      { outcome: 'ok', key: KEY, size: 9 },
    ]);
  });

  test('that does not exist is an error', async () => {
    await expect(verdicts(new World(), { versionId: ref.versionId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

test('a signal ends it', async () => {
  const world = new World();
  await published(world);

  await expect(verdicts(world, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  );
});
