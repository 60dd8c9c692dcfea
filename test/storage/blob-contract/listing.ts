/** Contract: lists are complete, in the order of the keys' bytes, and filtered by a prefix. */
import { expect, test } from '@jest/globals';
import type { PackageKey } from '../../../core/names.ts';
import { type BlobStoreHarness, collect, eachOf, keyOf, keysIn, put, takeAway } from './harness.ts';

async function putAll(harness: BlobStoreHarness, keys: readonly PackageKey[]): Promise<void> {
  await eachOf(keys, (key) => put(harness.store, key, 'pad'));
}

export function describeListing(harness: () => BlobStoreHarness): void {
  test('an empty store lists nothing', async () => {
    const { store } = harness();

    expect(await keysIn(store)).toEqual([]);
    expect(await keysIn(store, 'packages/1.0.0/')).toEqual([]);
  });

  test('1,001 keys are listed completely and in order', async () => {
    const { store } = harness();
    const keys = Array.from({ length: 1001 }, (_, i) =>
      keyOf(`p${String(i).padStart(4, '0')}.zip`),
    );
    await putAll(harness(), [...keys].reverse());

    expect(await keysIn(store)).toEqual(keys);
    await takeAway(store, ...keys);
  });

  test('keys are ordered by the bytes of the whole key, also when one version begins like another', async () => {
    const { store } = harness();
    const keys = ['1.0+b', '1.0-a', '1.0.1', '1.0', '1.0B', '1.0_z', '1.0a', '2'].map((version) =>
      keyOf('p.zip', version),
    );
    await putAll(harness(), [...keys].reverse());

    expect(await keysIn(store)).toEqual(
      [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    await takeAway(store, ...keys);
  });

  test('keys of one version are ordered by bytes: dash, dot, digits, capitals, underscore, small letters', async () => {
    const { store } = harness();
    const keys = ['a-b.zip', 'a.tar.gz', 'a.zip', 'a1.zip', 'aC.zip', 'a_b.zip', 'ab.zip'].map(
      (name) => keyOf(name),
    );
    await putAll(harness(), [...keys].reverse());

    expect(await keysIn(store)).toEqual(keys);
    await takeAway(store, ...keys);
  });

  test('a prefix is plain text: it may end within a name, or with the slash of a version', async () => {
    const { store } = harness();
    const keys = [
      keyOf('app.zip', '1.0-rc'),
      keyOf('app.zip', '1.0'),
      keyOf('apple.zip', '1.0'),
      keyOf('b.zip', '1.0'),
    ];
    await putAll(harness(), keys);

    expect(await keysIn(store, 'packages/1.0/')).toEqual(keys.slice(1));
    expect(await keysIn(store, 'packages/1.0')).toEqual(keys);
    expect(await keysIn(store, 'packages/1.0/app')).toEqual(keys.slice(1, 3));
    expect(await keysIn(store, 'packages/1.0/app.')).toEqual([keys[1]]);
    expect(await keysIn(store, 'packages/3')).toEqual([]);
    await takeAway(store, ...keys);
  });

  test('a list describes a file as stat does', async () => {
    const { store } = harness();
    const key = keyOf('p.zip');
    await put(store, key, 'pad');

    const [listed] = await collect(store.list());
    const info = await store.stat(key);

    expect(listed).toMatchObject({ key, size: 3, etag: info?.etag });
    await takeAway(store, key);
  });
}
