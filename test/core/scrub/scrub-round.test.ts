/** A round of the scrub: everything once, and on from where it broke off. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../../core/names.ts';
import { costAfter, type ScrubPlace, scrubRound } from '../../../core/scrub/scrub-round.ts';
import { MemoryCatalog } from '../../../storage/memory/memory-catalog.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { packageRecord } from '../../storage/catalog-contract/records.ts';
import { World } from '../world.ts';

async function house(names: readonly string[]) {
  const world = new World();
  const catalog = new MemoryCatalog();
  for (const [index, name] of names.entries()) {
    const [version = '', id = ''] = name.split('/');
    const [versionId, packageId, ext] = [
      parseVersionId(version),
      parsePackageId(id),
      parseExt('bin'),
    ];
    const key = packageKey(versionId, packageId, ext);
    const [size, sha256, attemptId] = [name.length, sha256Of(name), `attempt-${index}`];
    const terms = {
      size,
      sha256,
      attemptId,
      contentType: 'a/b',
      contentDisposition: '',
      cacheControl: '',
    };
    const blob = await world.memory.put(key, Readable.from([name]), terms);
    const record = {
      ...packageRecord(id),
      versionId,
      packageId,
      ext,
      key,
      size,
      sha256,
      attemptId,
    };
    const createdAt = new Date(1_700_000_000_000 + index).toISOString();
    await catalog.createPackage({
      ...record,
      createdAt,
      state: 'available',
      store: 'memory',
      blob: { etag: blob.etag },
    });
  }
  const deps = { catalog, store: world.memory, clock: () => world.now, pace: async () => {} };
  const round = async (after?: ScrubPlace) => {
    const seen: string[] = [];
    for await (const { outcome, place } of scrubRound(deps, after)) {
      seen.push(`${place.versionId}/${place.packageId} ${outcome}`);
    }
    return seen;
  };
  return { deps, round, catalog };
}

const NAMES = ['1.0/a', '1.0/b', '2.0/a', '2.0/b', '2.0/c', '3.0/a'];
const IN_ORDER = ['3.0/a', '2.0/a', '2.0/b', '2.0/c', '1.0/a', '1.0/b'];

describe('a round', () => {
  test('looks at every published package once', async () => {
    const { round } = await house(NAMES);

    expect(await round()).toEqual(IN_ORDER.map((name) => `${name} sound`));
  });

  test.each(IN_ORDER.map((name, index) => [name, index] as const))(
    'that broke off after %s goes on with the next one',
    async (name, index) => {
      const { round, deps } = await house(NAMES);
      const [versionId = '', packageId = ''] = name.split('/');

      const left = await round({ versionId, packageId });

      expect(left).toEqual(IN_ORDER.slice(index + 1).map((one) => `${one} sound`));
      expect(await costAfter(deps, { versionId, packageId })).toBe(left.length * (4096 + 5));
    },
  );

  test('that broke off in a version that is gone begins again', async () => {
    const { round } = await house(NAMES);

    expect(await round({ versionId: '9.0', packageId: 'a' })).toHaveLength(NAMES.length);
  });

  test('passes over a package that was deleted since the list was read', async () => {
    const { deps, catalog } = await house(['1.0/a', '1.0/b']);
    const seen: string[] = [];

    for await (const { place } of scrubRound(deps)) {
      seen.push(place.packageId);
      const b = { versionId: parseVersionId('1.0'), packageId: parsePackageId('b') };
      await catalog.changePackage(
        b,
        { attemptId: 'attempt-1', states: ['available'] },
        { state: 'deleted' },
      );
    }

    expect(seen).toEqual(['a']);
  });
});
