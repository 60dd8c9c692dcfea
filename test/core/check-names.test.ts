/** What `checkNames` says of files before their first byte, state by state, and of lists of them. */
import { describe, expect, test } from '@jest/globals';
import type { Principal } from '../../core/access/access.ts';
import { deletePackage, yankPackage } from '../../core/lifecycle/lifecycle.ts';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../core/names.ts';
import { derivedIds } from '../../core/naming/package-ids.ts';
import type { PackageRecord } from '../../core/records.ts';
import { checkNames, type NameWish } from '../../core/uploads/check-names.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { MIB, ref, singleRequest, World } from './world.ts';

const admin: Principal = { tokenId: 'root', scopes: ['admin'] };
const { versionId } = ref;
const TOOL = { packageId: 'tool', ext: 'zip', filename: 'tool.zip' };

async function check(world: World, ...wanted: readonly NameWish[]) {
  return await checkNames(world.deps, versionId, wanted);
}

/** `tool.zip` with the bytes `bytes`, in the state that a test needs. */
async function toolIn(state: string): Promise<World> {
  const world = new World();
  const created = await world.create('bytes');
  if (state === 'pending') return world;
  if (state === 'rejected') {
    const expected = { attemptId: created.record.attemptId, states: ['pending'] } as const;
    await world.catalog.changePackage(ref, expected, { state: 'rejected' });
    return world;
  }
  await world.send(singleRequest(created), 'bytes');
  await completeUpload(world.deps, ref);
  if (state === 'yanked') await yankPackage(world.deps, admin, ref, undefined);
  if (state === 'deleted') await deletePackage(world.deps, ref);
  return world;
}

describe('a name that a package has', () => {
  const same = { size: 5, sha256: sha256Of('bytes') };
  const REUSED = 'it was deleted, and a name is never used again';
  const OTHER = 'other bytes have this name';

  test.each([
    ['pending', same, 'same', undefined],
    ['pending', { size: 5 }, 'same', undefined],
    ['pending', { ...same, size: 6 }, 'taken', OTHER],
    ['pending', { ...same, sha256: sha256Of('BYTES') }, 'taken', OTHER],
    ['available', same, 'same', undefined],
    ['available', { size: 5 }, 'same', undefined],
    ['available', { ...same, size: 6 }, 'taken', OTHER],
    ['available', { ...same, sha256: sha256Of('BYTES') }, 'taken', OTHER],
    ['yanked', same, 'same', undefined],
    ['yanked', { size: 6 }, 'taken', OTHER],
    ['rejected', same, 'free', undefined],
    ['rejected', { size: 6 }, 'free', undefined],
    ['deleted', same, 'taken', REUSED],
    ['deleted', { size: 6 }, 'taken', REUSED],
  ] as const)('of a package that is %s, with %j, is %s', async (state, bytes, verdict, detail) => {
    const world = await toolIn(state);
    const expected = { verdict, ...TOOL, ...(detail !== undefined && { detail }) };

    expect(await check(world, { filename: 'tool.zip', ...bytes })).toEqual([expected]);
    expect(await check(world, { packageId: 'tool', ext: 'zip', ...bytes })).toEqual([expected]);
  });

  test('with another ext is taken for its id', async () => {
    const world = await toolIn('available');

    expect(await check(world, { packageId: 'tool', ext: 'tar.gz', ...same })).toEqual([
      { verdict: 'taken', ...TOOL, ext: 'tar.gz', filename: 'tool.tar.gz', detail: OTHER },
    ]);
  });

  test('is taken for a package of another id, with the reason', async () => {
    const world = await toolIn('available');

    expect(await check(world, { packageId: 'other', filename: 'tool.zip', size: 5 })).toEqual([
      { verdict: 'taken', detail: expect.stringContaining('tool.zip') },
    ]);
  });
});

describe('a name that no package has', () => {
  test.each([
    [{ filename: 'app.zip' }, { packageId: 'app', ext: 'zip', filename: 'app.zip' }],
    [{ packageId: 'app' }, { packageId: 'app', ext: 'bin', filename: 'app.bin' }],
    [
      { packageId: 'app', ext: 'zip' },
      { packageId: 'app', ext: 'zip', filename: 'app.zip' },
    ],
    [{ filename: 'RELEASES' }, { packageId: 'RELEASES', ext: 'bin', filename: 'RELEASES' }],
    [
      { filename: 'a.b', ext: 'b' },
      { packageId: 'a', ext: 'b', filename: 'a.b' },
    ],
    [{ ext: 'zip' }, { packageId: '0190-00000001', ext: 'zip', filename: '0190-00000001.zip' }],
  ])('is free: %j', async (wish, names) => {
    expect(await check(new World(), { ...wish, size: 1 })).toEqual([{ verdict: 'free', ...names }]);
  });

  test.each([
    [{}, 'filename, packageId or ext is required'],
    [{ packageId: 'no id!' }, 'packageId'],
    [{ filename: 'a.zip', ext: 'no ext!' }, 'ext'],
    [{ filename: 'a/b' }, 'filename'],
    [{ filename: 'a.zip', size: 51 * 1024 * MIB }, 'size'],
  ])('is invalid: %j', async (wish, reason) => {
    expect(await check(new World(), { size: 1, ...wish })).toEqual([
      { verdict: 'invalid', detail: expect.stringContaining(reason) },
    ]);
  });
});

test('a catalog that does not answer is no verdict', async () => {
  const world = new World();
  const down = new Error('down');
  const catalog = { ...world.deps.catalog, findPackage: () => Promise.reject(down) };

  await expect(
    checkNames(
      { ...world.deps, catalog: { ...catalog, getPackage: catalog.findPackage } },
      versionId,
      [{ filename: 'a.zip', size: 1 }],
    ),
  ).rejects.toBe(down);
});

describe('a list of files', () => {
  test('has one verdict for each, in order, however long it is', async () => {
    const world = await toolIn('available');
    const names = Array.from({ length: 40 }, (_, at) => (at === 20 ? 'tool.zip' : `f${at}.txt`));

    const verdicts = await check(world, ...names.map((filename) => ({ filename, size: 5 })));

    expect(verdicts.map(({ filename }) => filename)).toEqual(names);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(
      names.map((name) => (name === 'tool.zip' ? 'same' : 'free')),
    );
  });

  test('that names a file twice takes it once, and names the first', async () => {
    const wish = { filename: 'a.txt', size: 1 };

    expect(
      await check(new World(), { filename: 'b.txt', size: 1 }, wish, wish, wish),
    ).toMatchObject([
      { verdict: 'free' },
      { verdict: 'free' },
      { verdict: 'taken', detail: 'it takes a name of item 1 of this list' },
      { verdict: 'taken', detail: 'it takes a name of item 1 of this list' },
    ]);
  });

  test('keeps the reason of a name that is taken already', async () => {
    const world = await toolIn('deleted');
    const wish = { filename: 'tool.zip', size: 5 };
    const detail = 'it was deleted, and a name is never used again';

    expect(await check(world, wish, wish)).toMatchObject([{ detail }, { detail }]);
  });

  test('finds a clash of a filename with an alias, and of two packageIds', async () => {
    expect(
      await check(
        new World(),
        { packageId: 'a', ext: 'zip', filename: 'first.zip', size: 1 },
        { packageId: 'b', filename: 'a.zip', size: 1 },
        { packageId: 'a', filename: 'third.txt', size: 1 },
      ),
    ).toMatchObject([{ verdict: 'free' }, { verdict: 'taken' }, { verdict: 'taken' }]);
  });

  test('leaves what is invalid out of the clashes', async () => {
    const wish = { filename: 'a/b', size: 1 };

    expect(await check(new World(), wish, wish)).toMatchObject([
      { verdict: 'invalid' },
      { verdict: 'invalid' },
    ]);
  });

  test('gives two filenames that make one packageId an id each', async () => {
    const { second } = derivedIds('app.yml');

    expect(
      await check(new World(), { filename: 'app.json', size: 1 }, { filename: 'app.yml', size: 1 }),
    ).toEqual([
      { verdict: 'free', packageId: 'app', ext: 'json', filename: 'app.json' },
      { verdict: 'free', packageId: second, ext: 'yml', filename: 'app.yml' },
    ]);
  });

  test('gives no other id to a file whose publisher chose one', async () => {
    expect(
      await check(
        new World(),
        { packageId: 'app', filename: 'app.json', size: 1 },
        { packageId: 'app', filename: 'app.yml', size: 1 },
      ),
    ).toMatchObject([{ verdict: 'free' }, { verdict: 'taken', packageId: 'app' }]);
  });

  test.each([
    ['rejected', 'free'],
    ['available', 'taken'],
  ] as const)('whose other id has a package that is %s: %s', async (state, verdict) => {
    const world = new World();
    const { second } = derivedIds('app.yml');
    const ext = parseExt('txt');
    const record: PackageRecord = {
      versionId,
      packageId: second,
      ext,
      key: packageKey(versionId, second, ext),
      filename: 'elsewhere.txt',
      contentType: 'text/plain',
      size: 1,
      sha256: sha256Of('x'),
      metadata: {},
      plan: { method: 'single' },
      store: 'memory',
      attemptId: 'attempt',
      state,
      createdAt: world.now.toISOString(),
      touchedAt: world.now.toISOString(),
      createdBy: 'root',
    };
    await world.catalog.createPackage(record);

    const [, app] = await check(
      world,
      { filename: 'app.json', size: 1 },
      { filename: 'app.yml', size: 1 },
    );

    expect(app).toMatchObject({ verdict });
  });
});

test('ids of versions do not meet', async () => {
  const world = await toolIn('available');
  const other = parseVersionId('2.0.0');

  expect(await checkNames(world.deps, other, [{ filename: 'tool.zip', size: 9 }])).toMatchObject([
    { verdict: 'free', packageId: parsePackageId('tool') },
  ]);
});
