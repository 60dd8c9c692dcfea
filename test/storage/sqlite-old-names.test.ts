/** Filenames of a catalog that was made before they were unique: who keeps which, and that every old link leads to the same bytes. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PackageRecord } from '../../core/records.ts';
import { servicePaths } from '../../local/start/first-start.ts';
import { openServedCatalog } from '../../local/start/open-catalog.ts';
import { readSettings } from '../../open/settings/server-settings.ts';
import { SCHEMA_STEPS, upgradeSchema } from '../../storage/sqlite/file/schema.ts';
import { examineCatalog } from '../../storage/sqlite/safety/examine-catalog.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { LogBook } from '../local/served.ts';
import { at, packageRecord, V1 } from './catalog-contract/records.ts';
import { OLD_RECORDS, requireOldLinks } from './old-names.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-catalog-'));
  path = join(folder, 'catalog.db');
  const db = new DatabaseSync(path);
  upgradeSchema(db, path, SCHEMA_STEPS.slice(0, 1));
  const insert = db.prepare(
    'INSERT INTO packages (version_id, package_id, record) VALUES (?, ?, ?)',
  );
  for (const record of OLD_RECORDS)
    insert.run(record.versionId, record.packageId, JSON.stringify(record));
  db.prepare('INSERT INTO versions (version_id, created_at) VALUES (?, ?)').run(V1, at(0));
  db.close();
});

afterEach(() => rm(folder, { recursive: true }));

describe('a catalog with equal filenames', () => {
  test('gives each to the package that was published first; the others keep their alias', async () => {
    const catalog = SqliteCatalog.open({ path });

    await requireOldLinks(catalog);
    expect(catalog.file.examine()).toMatchObject({
      faults: [],
      indexFaults: [],
      broken: [],
      aliasOnly: 4,
    });
    await catalog.close();
  });

  test('has packages that are found by their digest, also before a server made the index', async () => {
    const digest = OLD_RECORDS[0]?.sha256 ?? '';
    const same = OLD_RECORDS.filter(({ sha256 }) => sha256 === digest).length;
    const reopened = async (mayUpgrade: boolean) => {
      const catalog = SqliteCatalog.open({ path, mayUpgrade });
      const found = await catalog.findByDigest(digest, { limit: 100 });
      const { faults, indexFaults } = catalog.file.examine();
      await catalog.close();
      return { found: found.items.length, faults, indexFaults };
    };
    const asWanted = { found: same, faults: [], indexFaults: [] };
    expect(await reopened(true)).toEqual(asWanted);

    const db = new DatabaseSync(path);
    db.exec('DROP INDEX packages_digests');
    db.close();

    expect(await reopened(false)).toEqual(asWanted);
    expect(await reopened(true)).toEqual(asWanted);
    const made = new DatabaseSync(path);
    const index = "SELECT 1 FROM sqlite_schema WHERE name = 'packages_digests'";
    expect(made.prepare(index).all()).toHaveLength(1);
    made.close();
  });

  test('says at the start, and to doctor, how many files are reached by their alias alone', async () => {
    const settings = readSettings({ STORAGE_LOCAL_PATH: folder, CATALOG_PATH: path });
    const book = new LogBook();
    const paths = servicePaths(folder);
    await mkdir(paths.folder);
    const { catalog } = await openServedCatalog(
      { type: 'sqlite', path } as never,
      settings,
      paths,
      book.log,
    );
    await catalog.close();

    expect(book.lines).toContainEqual(
      expect.objectContaining({
        aliasOnly: 4,
        msg: expect.stringContaining('by their alias alone'),
      }),
    );
    const findings = examineCatalog({ path, backupFolder: folder, now: new Date() });
    expect(findings[0]).toMatchObject({
      verdict: 'kept',
      seen: `${OLD_RECORDS.length} packages in 1 versions, 4 of them reached by their alias alone`,
    });
  });

  test('takes no new file under a name that an old one has', async () => {
    const catalog = SqliteCatalog.open({ path });
    const create = (filename: string) => {
      const record: PackageRecord = packageRecord('new', { filename, attemptId: 'new' });
      return catalog.createPackage(record);
    };

    for (const filename of ['App.exe', 'first.exe', 'second.exe', 'tool.zip', 'gr\u00f6ße.txt'])
      expect([filename, await create(filename)]).toEqual([filename, false]);
    expect(await create('refused.txt')).toBe(true);
    await catalog.close();
  });
});
