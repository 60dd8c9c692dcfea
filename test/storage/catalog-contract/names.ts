/**
 * Contract: filenames and aliases of a version share one namespace; each belongs to one package.
 */
import { describe, expect, test } from '@jest/globals';
import { parseVersionId } from '../../../core/names.ts';
import type { Catalog } from '../../../core/ports/catalog.ts';
import { at, type CatalogHarness, countOf, expectedOf, packageRecord, V1 } from './records.ts';

async function idOf(catalog: Catalog, name: string): Promise<string | undefined> {
  return (await catalog.findPackage(V1, name))?.packageId;
}

export function describeNames(harness: () => CatalogHarness): void {
  describe('names', () => {
    test('a package is found by its filename and by its alias, whatever id it has', async () => {
      const { catalog } = harness();
      await catalog.createPackage(packageRecord('win', { filename: 'App-1.4.0 größe.exe' }));
      await catalog.createPackage(packageRecord('RELEASES', { filename: 'RELEASES' }));
      await catalog.createPackage(packageRecord('App-1-4-0', { filename: 'App-1.4.0.tar.gz' }));

      for (const name of ['App-1.4.0 größe.exe', 'App-1.4.0 gro\u0308ße.exe', 'win.tar.gz'])
        expect(await idOf(catalog, name)).toBe('win');
      for (const name of ['RELEASES', 'RELEASES.tar.gz'])
        expect(await idOf(catalog, name)).toBe('RELEASES');
      for (const name of ['App-1.4.0.tar.gz', 'App-1-4-0.tar.gz'])
        expect(await idOf(catalog, name)).toBe('App-1-4-0');
      for (const name of ['app-1.4.0.tar.gz', 'win', 'win.exe', 'none', '', '.', 'RELEASES.'])
        expect(await idOf(catalog, name)).toBeUndefined();
    });

    test('each version has its own names', async () => {
      const { catalog } = harness();

      expect(await catalog.createPackage(packageRecord('a', { filename: 'x' }))).toBe(true);
      expect(await catalog.createPackage(packageRecord('b', { filename: 'x' }, '2'))).toBe(true);

      expect(await idOf(catalog, 'x')).toBe('a');
    });

    test('a filename that another package has, as its filename or as its alias, is taken', async () => {
      const { catalog } = harness();
      const first = packageRecord('a', { filename: 'gr\u00f6ße' });
      await catalog.createPackage(first);

      for (const filename of ['größe', 'gro\u0308ße', 'a.tar.gz'])
        expect(await catalog.createPackage(packageRecord('b', { filename }))).toBe(false);
      const aliasTaken = { filename: 'free', attemptId: 'attempt-3' };
      await catalog.createPackage(packageRecord('c', { filename: 'd.tar.gz' }));
      expect(await catalog.createPackage(packageRecord('d', aliasTaken))).toBe(false);

      expect(await catalog.getPackage(packageRecord('b'))).toBeUndefined();
      // The other name of a refused package stays free.
      const other = packageRecord('e', { filename: 'free', attemptId: 'attempt-4' });
      expect(await catalog.createPackage(other)).toBe(true);
      expect(await idOf(catalog, 'größe')).toBe('a');
    });

    test('an upload that is removed or rejected frees its names; a deleted package keeps them', async () => {
      const { catalog } = harness();
      const aborted = packageRecord('a', { filename: 'x', attemptId: 'attempt-a' });
      const rejected = packageRecord('b', { filename: 'y', attemptId: 'attempt-b' });
      const deleted = packageRecord('c', { filename: 'z', attemptId: 'attempt-c' });
      for (const record of [aborted, rejected, deleted]) await catalog.createPackage(record);

      await catalog.removePackage(aborted, expectedOf(aborted));
      await catalog.changePackage(rejected, expectedOf(rejected), { state: 'rejected' });
      await catalog.changePackage(deleted, expectedOf(deleted), { state: 'deleted' });

      expect(await idOf(catalog, 'y')).toBeUndefined();
      const again = (id: string, filename: string) =>
        catalog.createPackage(packageRecord(id, { filename, attemptId: `attempt-${id}` }));
      expect(await again('d', 'x')).toBe(true);
      expect(await again('e', 'y')).toBe(true);
      expect(await again('f', 'z')).toBe(false);
      expect(await idOf(catalog, 'x')).toBe('d');
      expect(await idOf(catalog, 'y')).toBe('e');
      expect(await idOf(catalog, 'z')).toBe('c');
    });

    test('a rejected upload is replaced by one with another filename', async () => {
      const { catalog } = harness();
      const rejected = packageRecord('a', { filename: 'x', state: 'rejected', attemptId: 'one' });
      await catalog.createPackage(rejected);

      const record = packageRecord('a', { filename: 'y', attemptId: 'two' });
      expect(await catalog.createPackage(record, expectedOf(rejected))).toBe(true);

      expect(await catalog.findPackage(V1, 'y')).toStrictEqual(record);
      expect(await idOf(catalog, 'x')).toBeUndefined();
    });

    test('findInVersions returns packages in the order of the versions', async () => {
      const { catalog } = harness();
      const older = { filename: 'App 1.nupkg', state: 'available', publishedAt: at(1) } as const;
      await catalog.createPackage(packageRecord('app', older, '1'));
      await catalog.createPackage(packageRecord('App-1-x', { filename: 'App 1.nupkg' }, '2'));
      await catalog.createPackage(packageRecord('other', {}, '3'));
      const versions = ['3', '2', '1'].map(parseVersionId);

      const found = await catalog.findInVersions(versions, 'App 1.nupkg');

      expect(found.map(({ packageId }) => packageId)).toEqual(['App-1-x', 'app']);
      expect(await catalog.findInVersions(versions, 'none')).toEqual([]);
      expect(await catalog.findInVersions([], 'App 1.nupkg')).toEqual([]);
    });

    test('when 32 packages race for one filename, one gets and keeps it', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      const records = Array.from({ length: 32 }, (_, index) =>
        packageRecord(`p${index}`, { filename: 'App.exe', attemptId: `attempt-${index}` }),
      );

      const answers = await Promise.all(
        records.map((record, index) => (index % 2 === 0 ? catalog : other).createPackage(record)),
      );

      expect(countOf(answers)).toEqual({ yes: 1, no: 31 });
      const winner = records[answers.indexOf(true)];
      expect(await other.findPackage(V1, 'App.exe')).toStrictEqual(winner);
      expect(winner && (await catalog.holdsNames(winner))).toBe(true);
      for (const loser of records.filter((record) => record !== winner))
        expect(await catalog.getPackage(loser)).toBeUndefined();
    });
  });
}

export function describeVersions(harness: () => CatalogHarness): void {
  describe('versions', () => {
    const draft = { versionId: V1, createdAt: packageRecord('a').createdAt, draft: true } as const;

    test('are created once, and a first upload does not change an existing one', async () => {
      const { catalog } = harness();
      const full = { ...draft, notes: '# 1.0\n\n*größe* 大', minVersion: '0.9.0' };

      expect(await catalog.createVersion(full)).toBe(true);
      expect(await catalog.createVersion(draft)).toBe(false);
      await catalog.createPackage(packageRecord('a'));

      expect(await catalog.getVersion(V1)).toStrictEqual(full);
    });

    test('are changed only if they are drafts, or only if they are not, as expected', async () => {
      const { catalog } = harness();
      await catalog.createVersion({ ...draft, notes: 'old' });

      expect(await catalog.changeVersion(V1, { isDraft: false }, { notes: 'no' })).toBeUndefined();
      expect(await catalog.changeVersion(V1, { isDraft: true }, { notes: null })).toStrictEqual(
        draft,
      );
      const { draft: _, ...released } = draft;
      expect(await catalog.changeVersion(V1, { isDraft: true }, { draft: null })).toStrictEqual(
        released,
      );
      expect(await catalog.changeVersion(V1, { isDraft: true }, { draft: null })).toBeUndefined();
      expect(await catalog.changeVersion(V1, { isDraft: false }, { notes: 'new' })).toStrictEqual({
        ...released,
        notes: 'new',
      });
      const none = packageRecord('a', {}, '9').versionId;
      expect(await catalog.changeVersion(none, { isDraft: false }, { notes: 'x' })).toBeUndefined();
    });

    test('are sealed by the request whose seal is under way, and by no other', async () => {
      const { catalog } = harness();
      const { draft: _, ...version } = draft;
      await catalog.createVersion(version);
      const begin = { isDraft: false, sealing: null };
      const [first, second] = [`${at(1)} one`, `${at(2)} two`];

      expect(await catalog.changeVersion(V1, begin, { sealing: first })).toStrictEqual({
        ...version,
        sealing: first,
      });
      expect(await catalog.changeVersion(V1, begin, { sealing: second })).toBeUndefined();
      const after = { isDraft: false, sealing: first };
      expect(await catalog.changeVersion(V1, after, { sealing: second })).toBeDefined();
      const seal = { sealing: null, sealedAt: at(3), sealedBy: 'job: größe 大' };
      expect(await catalog.changeVersion(V1, after, seal)).toBeUndefined();
      const own = { isDraft: false, sealing: second };
      const sealed = { ...version, sealedAt: at(3), sealedBy: 'job: größe 大' };
      expect(await catalog.changeVersion(V1, own, seal)).toStrictEqual(sealed);

      expect(await catalog.changeVersion(V1, begin, { sealing: first })).toBeUndefined();
      expect(await catalog.changeVersion(V1, { isDraft: false }, { notes: 'x' })).toBeDefined();
      expect(await catalog.getVersion(V1)).toStrictEqual({ ...sealed, notes: 'x' });
    });

    test('a consistent list of packages includes all earlier writes', async () => {
      const { catalog } = harness();
      await catalog.createPackage(packageRecord('a'));

      const page = await catalog.listPackages(V1, ['pending'], { limit: 10, isConsistent: true });

      expect(page.items.map(({ packageId }) => packageId)).toEqual(['a']);
    });
  });
}
