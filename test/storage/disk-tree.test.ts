/**
 * The files of DiskStore: where they are stored, existing trees, foreign files, and arrival notes.
 */
import { mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  collect,
  keyOf,
  keysIn,
  put,
  read,
  takeAway,
  termsFor,
  withCode,
} from './blob-contract/harness.ts';
import { type DiskHarness, filesUnder, openDiskHarness } from './disk-harness.ts';

describe('the folder of a DiskStore', () => {
  const key = keyOf('linux-x64.tar.gz', '1.4.0+b');
  let harness: DiskHarness;
  beforeEach(async () => {
    harness = await openDiskHarness();
  });
  afterEach(() => harness.close());

  /** Puts foreign files into the tree. */
  async function lay(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await mkdir(join(harness.root, name, '..'), { recursive: true });
      await writeFile(join(harness.root, name), 'theirs');
    }
  }
  async function clear(): Promise<void> {
    await rm(join(harness.root, 'packages'), { recursive: true });
    await mkdir(join(harness.root, 'packages'));
  }

  test('a package is stored under its key, and packages/ holds nothing else', async () => {
    const { store, root } = harness;
    await put(store, key, 'pad');
    await store.settle(key);

    expect(await filesUnder(root)).toEqual([
      'packages/1.4.0+b',
      'packages/1.4.0+b/linux-x64.tar.gz',
    ]);
    expect(await readFile(join(root, key), 'utf8')).toBe('pad');
    await takeAway(store, key);
  });

  test('deleting the last package of a version removes the folder', async () => {
    const { store, root } = harness;
    const other = keyOf('other.zip', '1.4.0+b');
    await put(store, key, 'pad');
    await put(store, other, 'pad');

    await takeAway(store, key);
    expect(await filesUnder(join(root, 'packages'))).toEqual(['1.4.0+b', '1.4.0+b/other.zip']);
    await takeAway(store, other);
  });

  test('puts and deletes at the same time in one version do not fail because of its folder', async () => {
    const { store } = harness;
    const rounds = Array.from({ length: 12 }, (_, i) => keyOf(`p${i}.zip`));

    await Promise.all(
      rounds.map(async (each) => {
        for (let n = 0; n < 5; n += 1)
          await store.delete(each, await put(store, each, `round ${n}`));
      }),
    );

    expect(await keysIn(store)).toEqual([]);
  });

  test('an existing tree is read as it is, and its files have no attempt', async () => {
    const { store } = harness;
    await lay(key);

    const info = await store.stat(key);

    expect(info).toEqual({
      key,
      size: 6,
      etag: expect.stringMatching(/^"6-[0-9a-f]+"$/),
      lastModified: expect.anything(),
      fingerprint: expect.any(String),
    });
    expect(await read(store, key)).toBe('theirs');
    expect(await keysIn(store)).toEqual([key]);
    await expect(put(store, key, 'ours')).rejects.toEqual(withCode('ALREADY_EXISTS'));
    expect(await read(store, key)).toBe('theirs');
    await clear();
  });

  test('files that are not packages are not listed, and stay', async () => {
    const { store, root } = harness;
    await lay(
      'packages/README',
      'packages/1.0/.hidden',
      'packages/1.0/no-ext',
      'packages/1.0/sub/p.zip',
      'packages/-x/p.zip',
    );
    await put(store, keyOf('p.zip', '1.0'), 'pad');

    expect(await keysIn(store)).toEqual(['packages/1.0/p.zip']);
    await takeAway(store, keyOf('p.zip', '1.0'));

    expect(await filesUnder(join(root, 'packages'))).toHaveLength(8);
    await clear();
  });

  test('symbolic links and folders are not read, not deleted and not overwritten', async () => {
    const { store, root } = harness;
    await lay('elsewhere/file.zip', 'packages/1.0/real.zip');
    await symlink(join(root, 'elsewhere'), join(root, 'packages', 'linked'));
    await symlink(join(root, 'elsewhere', 'file.zip'), join(root, 'packages', '1.0', 'file.zip'));
    await mkdir(join(root, 'packages', '1.0', 'folder.zip'));
    const keys = [
      keyOf('file.zip', 'linked'),
      keyOf('file.zip', '1.0'),
      keyOf('folder.zip', '1.0'),
    ];

    for (const each of keys) {
      await expect(store.stat(each)).rejects.toEqual(withCode('KEY_OCCUPIED'));
      await expect(store.get(each)).rejects.toEqual(withCode('NOT_FOUND'));
      await store.delete(each, { etag: '"any"' });
      await expect(put(store, each, 'ours')).rejects.toEqual(withCode('ALREADY_EXISTS'));
    }
    await expect(put(store, keyOf('new.zip', 'linked'), 'ours')).rejects.toEqual(
      withCode('ALREADY_EXISTS'),
    );

    expect(await keysIn(store)).toEqual(['packages/1.0/real.zip']);
    expect(await filesUnder(join(root, 'elsewhere'))).toEqual(['file.zip']);
    await rm(join(root, 'elsewhere'), { recursive: true });
    await clear();
  });

  test('stat returns the attempt and the SHA-256 of the bytes until the key is settled', async () => {
    const { store } = harness;
    await put(store, key, 'pad', 'attempt-7');
    const { sha256 } = termsFor('pad');

    expect(await store.stat(key)).toMatchObject({ attemptId: 'attempt-7', sha256 });
    expect(await collect(store.list())).toEqual([await store.stat(key)]);
    expect(await collect(store.leftovers())).toEqual([
      { key, attemptId: 'attempt-7', startedAt: new Date('2026-11-22T12:00:00.500Z') },
    ]);
    await store.settle(key);

    expect(Object.keys((await store.stat(key)) ?? {})).toEqual([
      'key',
      'size',
      'etag',
      'lastModified',
      'fingerprint',
    ]);
    await takeAway(store, key);
  });

  test('a file that replaced another one of the same size and time has another fingerprint', async () => {
    const { store, root } = harness;
    await lay(key);
    const before = await store.stat(key);
    await lay('packages/1.4.0+b/other.tar.gz');
    await rename(join(root, 'packages/1.4.0+b/other.tar.gz'), join(root, key));
    await utimes(join(root, key), new Date(), before?.lastModified ?? new Date());

    const after = await store.stat(key);

    expect(after?.fingerprint).not.toBe(before?.fingerprint);
    await clear();
  });

  test('a note does not count for bytes that were changed since', async () => {
    const { store, root } = harness;
    const info = await put(store, key, 'pad');
    await writeFile(join(root, key), 'pax');
    await utimes(join(root, key), new Date(), new Date('2026-01-01'));

    const changed = await store.stat(key);

    expect(changed).not.toHaveProperty('attemptId');
    expect(changed).not.toHaveProperty('sha256');
    await expect(store.get(key, { version: info })).rejects.toEqual(withCode('CONFLICT'));
    await takeAway(store, key);
  });

  test('a refused upload leaves no note and no folder', async () => {
    const { store, root } = harness;

    await expect(store.receive(key, (async function* () {})(), termsFor('pad'))).rejects.toEqual(
      withCode('INTEGRITY'),
    );

    expect(await filesUnder(root)).toEqual([]);
  });
});
