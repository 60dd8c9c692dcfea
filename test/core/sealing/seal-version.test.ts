/** Seals: what they need, what they refuse, and how a seal that broke off ends. */
import { describe, expect, test } from '@jest/globals';
import { yankPackage } from '../../../core/lifecycle/lifecycle.ts';
import { putVersion } from '../../../core/lifecycle/versions.ts';
import { parsePackageId } from '../../../core/names.ts';
import type { Catalog } from '../../../core/ports/catalog.ts';
import { verifyUpload } from '../../../core/publishing/verify-upload.ts';
import { sealVersion } from '../../../core/sealing/seal-version.ts';
import { bytesArrived } from '../../../core/uploads/bytes-arrived.ts';
import { checkNames } from '../../../core/uploads/check-names.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { sweep } from '../../../core/uploads/sweep.ts';
import { ref, singleRequest, World, withoutEvidence } from '../world.ts';

const { versionId } = ref;
const caller = { tokenId: 'releaser', scopes: ['release'] } as const;
const LATE = { packageId: parsePackageId('late') };

async function withFile(world = new World()): Promise<World> {
  await world.send(singleRequest(await world.create('bytes')), 'bytes');
  await completeUpload(world.deps, ref);
  return world;
}

function seal(world: World, catalog: Catalog = world.catalog, discardUnfinished = false) {
  return sealVersion({ ...world.deps, catalog }, caller, versionId, { discardUnfinished });
}

/** The catalog of a process that dies when it writes the end of a seal. */
function dying(world: World): Catalog {
  let writes = 0;
  return new Proxy<Catalog>(world.catalog, {
    get: (own, name) => {
      const value = Reflect.get(own, name);
      if (name !== 'changeVersion') return typeof value === 'function' ? value.bind(own) : value;
      return async (...words: unknown[]) => {
        writes += 1;
        if (writes > 1) throw new Error('killed');
        return Reflect.apply(value, own, words);
      };
    },
  });
}

describe('a seal', () => {
  test('says when it was made and who made it, and again changes nothing', async () => {
    const world = await withFile();

    const sealed = await seal(world);
    world.pass(100);

    expect(sealed).toMatchObject({
      versionId,
      sealedAt: '2026-01-02T03:04:05.000Z',
      sealedBy: 'releaser',
    });
    expect(sealed.sealing).toBeUndefined();
    expect(await seal(world)).toEqual(sealed);
  });

  test.each([
    ['an unknown version', 'NOT_FOUND', async () => new World()],
    [
      'a version without files',
      'CONFLICT',
      async () => {
        const world = new World();
        await putVersion(world.deps, versionId, {});
        return world;
      },
    ],
    [
      'a draft',
      'CONFLICT',
      async () => {
        const world = new World();
        await putVersion(world.deps, versionId, { draft: true });
        return withFile(world);
      },
    ],
    [
      'a version with an upload under way',
      'NOT_UPLOADED',
      async () => {
        const world = await withFile();
        await world.create('more', LATE);
        return world;
      },
    ],
  ])('is refused for %s, which is open after that', async (_, code, make) => {
    const world = await make();

    await expect(seal(world)).rejects.toMatchObject({ code });

    const version = await world.catalog.getVersion(versionId);
    expect([version?.sealing, version?.sealedAt]).toEqual([undefined, undefined]);
    await world.create('bytes', { packageId: parsePackageId('next') });
  });

  test('gives up what is under way where that is wanted, with the bytes', async () => {
    const world = await withFile();
    await world.send(singleRequest(await world.create('more', LATE)), 'more');
    await world.create('parts', { packageId: parsePackageId('parts'), method: 'multipart' });

    await seal(world, world.catalog, true);

    expect(await world.catalog.getPackage({ versionId, ...LATE })).toBeUndefined();
    const keys: string[] = [];
    for await (const { key } of world.memory.list()) keys.push(key);
    expect(keys).toEqual(['packages/1.0.0/tool.zip']);
    await sweep(world.deps, 0);
    expect(await world.leftovers()).toBe(0);
  });

  test('counts yanked files, which can come back', async () => {
    const world = await withFile();
    await yankPackage(world.deps, caller, ref, undefined);

    expect((await seal(world)).sealedAt).toBeDefined();
  });

  test('of more than 10,000 files is refused', async () => {
    const world = await withFile();
    const file = await world.catalog.getPackage(ref);
    const many = new Proxy<Catalog>(world.catalog, {
      get: (own, name) => {
        const value = Reflect.get(own, name);
        if (name === 'listPackages')
          return async () => ({ items: Array.from({ length: 10_001 }, () => file) });
        return typeof value === 'function' ? value.bind(own) : value;
      },
    });

    await expect(seal(world, many)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    expect((await world.catalog.getVersion(versionId))?.sealing).toBeUndefined();
  });
});

describe('a sealed version', () => {
  test('refuses a new file, whose upload leaves nothing', async () => {
    const world = await withFile();
    await seal(world);

    await expect(world.create('more', { ...LATE, method: 'multipart' })).rejects.toMatchObject({
      code: 'SEALED',
      message:
        'version 1.0.0 is sealed: nothing can be added to it or changed; publish in another version',
    });

    expect(await world.catalog.getPackage({ versionId, ...LATE })).toBeUndefined();
    expect(await world.leftovers()).toBe(0);
  });

  test('is the same for who publishes the same file again', async () => {
    const world = await withFile();
    await seal(world);

    expect(await world.create('bytes')).toMatchObject({ created: false });
    expect(await putVersion(world.deps, versionId, { draft: false })).toMatchObject({ versionId });
  });

  test.each([
    ['notes', { notes: 'new' }],
    ['a draft', { draft: true }],
  ])('can not get %s', async (_, wish) => {
    const world = await withFile();
    await seal(world);

    await expect(putVersion(world.deps, versionId, wish)).rejects.toMatchObject({ code: 'SEALED' });
  });

  test('has no free name', async () => {
    const world = await withFile();
    await seal(world);

    const [same, other] = await checkNames(world.deps, versionId, [
      { packageId: 'tool', ext: 'zip', size: 5 },
      { filename: 'new.exe', size: 5 },
    ]);

    expect([same?.verdict, other?.verdict]).toEqual(['same', 'taken']);
    expect(other?.detail).toMatch(/is sealed/);
  });

  /** Sealed by a server that saw no upload, as after a create that was killed between its two looks. */
  async function withLateUpload(world = new World()): Promise<World> {
    await withFile(world);
    await world.verifyAll();
    await world.send(singleRequest(await world.create('late', LATE)), 'late');
    const sealedAt = world.now.toISOString();
    await world.catalog.changeVersion(versionId, { isDraft: false }, { sealedAt });
    return world;
  }

  test.each<[string, (world: World) => Promise<unknown>]>([
    ['its publisher', (world) => completeUpload(world.deps, { versionId, ...LATE })],
    ['the event of the store', (world) => bytesArrived(world.deps, 'packages/1.0.0/late.zip')],
    [
      'the sweep',
      (world) => {
        world.pass(1000);
        return sweep(world.deps, 0);
      },
    ],
  ])('gains no file that %s completes, and the upload is gone', async (_, complete) => {
    const world = await withLateUpload();

    const said = await complete(world).catch((error: { readonly code: string }) => error.code);

    expect([
      'SEALED',
      'removed',
      expect.objectContaining({ finished: 1, failures: [] }),
    ]).toContainEqual(said);
    expect(await world.catalog.getPackage({ versionId, ...LATE })).toBeUndefined();
    const late = await world.memory.stat('packages/1.0.0/late.zip' as never);
    expect(late).toBeUndefined();
  });

  test('gains no file by a verification, and its publisher learns why', async () => {
    const world = await withLateUpload(new World(withoutEvidence));
    const late = { versionId, ...LATE };
    await completeUpload(world.deps, late);

    expect(await verifyUpload(world.deps, late)).toBeUndefined();

    await expect(completeUpload(world.deps, late)).rejects.toMatchObject({ code: 'SEALED' });
  });
});

describe('a seal that broke off', () => {
  test('is repaired by the next call', async () => {
    const world = await withFile();
    await expect(seal(world, dying(world))).rejects.toThrow('killed');
    expect((await world.catalog.getVersion(versionId))?.sealing).toBeDefined();

    expect((await seal(world)).sealedAt).toBeDefined();
  });

  test('stops publishers for a minute, and then ends by itself', async () => {
    const world = await withFile();
    await expect(seal(world, dying(world))).rejects.toThrow('killed');

    await expect(world.create('more', LATE)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'version 1.0.0 is being sealed just now; ask again',
    });
    world.pass(60);
    await world.send(singleRequest(await world.create('more', LATE)), 'more');
    expect(await completeUpload(world.deps, { versionId, ...LATE })).toMatchObject({
      state: 'available',
    });
    expect((await world.catalog.getVersion(versionId))?.sealing).toBeUndefined();
  });

  test('lets the upload of a publisher wait, which is published once it has ended', async () => {
    const world = await withFile();
    await world.send(singleRequest(await world.create('late', LATE)), 'late');
    const sealing = `${world.now.toISOString()} dead`;
    await world.catalog.changeVersion(versionId, { isDraft: false }, { sealing });
    const late = { versionId, ...LATE };

    await expect(completeUpload(world.deps, late)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await world.catalog.getPackage(late)).toMatchObject({ state: 'pending' });

    world.pass(60);
    expect(await completeUpload(world.deps, late)).toMatchObject({ state: 'available' });
  });

  test('can not be finished by a process that was stopped for so long', async () => {
    const world = await withFile();
    const stopped = new Proxy<Catalog>(world.catalog, {
      get: (own, name) => {
        const value = Reflect.get(own, name);
        if (typeof value !== 'function') return value;
        return async (...words: unknown[]) => {
          if (name === 'listPackages') {
            const listed = await Reflect.apply(value, own, words);
            world.pass(60);
            await world.create('more', LATE);
            return listed;
          }
          return Reflect.apply(value, own, words);
        };
      },
    });

    await expect(seal(world, stopped)).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    expect((await world.catalog.getVersion(versionId))?.sealedAt).toBeUndefined();
  });
});
