import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PackageRecord } from '../../core/records.ts';
import { SCHEMA_STEPS, upgradeSchema } from '../../storage/sqlite/file/schema.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { at, channelRecord, packageRecord, V1 } from './catalog-contract/records.ts';

/** Written by release 8542cd9: packages in every state, channels and tokens. */
const OF_8542CD9 = join(import.meta.dirname, '..', 'fixtures', 'catalog-8542cd9.db');

describe('files of SqliteCatalog', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-catalog-'));
    path = join(folder, 'catalog.db');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** What SQLite itself does with the file, behind the catalog's back. */
  function raw<Result>(use: (db: DatabaseSync) => Result): Result {
    const db = new DatabaseSync(path);
    try {
      return use(db);
    } finally {
      db.close();
    }
  }

  async function openAndClose(): Promise<void> {
    await SqliteCatalog.open({ path }).close();
  }

  describe('schema versions', () => {
    test('a catalog of schema version 1 opens with its records', async () => {
      const record = packageRecord('a');
      raw((db) => {
        upgradeSchema(db, path, SCHEMA_STEPS.slice(0, 1));
        db.prepare('INSERT INTO packages (version_id, package_id, record) VALUES (?, ?, ?)').run(
          record.versionId,
          record.packageId,
          JSON.stringify(record),
        );
      });

      const catalog = SqliteCatalog.open({ path });

      expect(await catalog.getPackage(record)).toStrictEqual(record);
      expect(await catalog.pendingBytes()).toEqual(new Map([[record.createdBy, record.size]]));
      await catalog.close();
      expect(raw((db) => db.prepare('PRAGMA user_version').get())).toEqual({
        user_version: SCHEMA_STEPS.length,
      });
    });

    test('a catalog of release 8542cd9 opens with every record, and every record has its checksum', async () => {
      await copyFile(OF_8542CD9, path);
      const before = raw((db) =>
        db.prepare('SELECT record FROM packages ORDER BY version_id, package_id').all(),
      );

      const catalog = SqliteCatalog.open({ path });

      expect(catalog.file.examine()).toEqual({
        faults: [],
        indexFaults: [],
        broken: [],
        counts: {
          packages: 18,
          versions: 3,
          channels: 2,
          tokens: 2,
          links: 0,
          trust_rules: 0,
          check_runs: 0,
        },
        aliasOnly: 0,
      });
      const records = before.map(({ record }) => JSON.parse(String(record)) as PackageRecord);
      expect(await Promise.all(records.map((record) => catalog.getPackage(record)))).toStrictEqual(
        records,
      );
      expect(await catalog.getVersion(V1)).toEqual({ versionId: '1.0.0', createdAt: at(1) });
      expect(await catalog.getChannel(channelRecord('beta', '1').channel)).toEqual(
        channelRecord('beta', '2.0.0-rc.1+7', 6),
      );
      expect(await catalog.getToken('token001')).toMatchObject({
        versions: '1.*',
        scopes: ['read'],
      });
      await catalog.close();
    });

    test('a command does not upgrade the catalog of a server, which may be of an older release', async () => {
      await copyFile(OF_8542CD9, path);
      const before = await readFile(path);

      expect(() => SqliteCatalog.open({ path, mayUpgrade: false })).toThrow(
        expect.objectContaining({
          code: 'NOT_SUPPORTED',
          message: expect.stringMatching(
            /has schema version 1, this release needs \d+; start the server of this release once/,
          ),
        }),
      );

      expect(await readFile(path)).toEqual(before);
    });

    test('a record of an old catalog that is already broken gets no checksum', async () => {
      await copyFile(OF_8542CD9, path);
      const bytes = await readFile(path);
      for (let at = 0; at >= 0; at = bytes.indexOf('"packageId":"tool-yanked"', at + 1)) {
        if (at > 0) bytes.write('[', at - 1);
      }
      await writeFile(path, bytes);

      const catalog = SqliteCatalog.open({ path });

      const names = ['1.0.0', '1.1.0', '2.0.0-rc.1+7'].map((version) => `${version}/tool-yanked`);
      expect(catalog.file.examine().broken.map(({ name }) => name)).toEqual(names);
      await catalog.close();
    });

    test('new steps are taken in order, and earlier ones are not repeated', async () => {
      await openAndClose();
      const first = `${SCHEMA_STEPS.length + 1}`;
      const steps = [
        ...SCHEMA_STEPS,
        `CREATE TABLE step (n TEXT); INSERT INTO step VALUES ('${first}')`,
      ];

      raw((db) => upgradeSchema(db, path, steps));
      raw((db) => upgradeSchema(db, path, [...steps, "INSERT INTO step VALUES ('next')"]));

      expect(raw((db) => db.prepare('SELECT n FROM step').all())).toEqual([
        { n: first },
        { n: 'next' },
      ]);
    });

    test('a step that fails leaves the catalog as it was', async () => {
      await openAndClose();

      expect(() =>
        raw((db) =>
          upgradeSchema(db, path, [
            ...SCHEMA_STEPS,
            'CREATE TABLE half (n); CREATE TABLE half (n)',
          ]),
        ),
      ).toThrow('half already exists');

      expect(
        raw((db) =>
          db.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'half'").get(),
        ),
      ).toEqual({
        count: 0,
      });
      await openAndClose();
    });

    test('a catalog of a newer release is refused and left as it is', async () => {
      await openAndClose();
      raw((db) => db.exec('PRAGMA user_version = 99'));
      const before = await readFile(path);

      expect(() => SqliteCatalog.open({ path })).toThrow(
        expect.objectContaining({
          code: 'NOT_SUPPORTED',
          message: `catalog ${path} has schema version 99, this release knows up to ${SCHEMA_STEPS.length}; use the newer release`,
        }),
      );

      expect(await readFile(path)).toEqual(before);
    });
  });

  describe('files that are not a catalog', () => {
    test.each(['hello', 'x'.repeat(5000)])(
      'a file that is no database is refused',
      async (content) => {
        await writeFile(path, content);

        expect(() => SqliteCatalog.open({ path })).toThrow(
          expect.objectContaining({ code: 'INVALID_INPUT' }),
        );

        expect(await readFile(path, 'utf8')).toBe(content);
      },
    );

    test('the database of another program is refused and left as it is', async () => {
      raw((db) => db.exec('CREATE TABLE notes (note TEXT)'));
      const before = await readFile(path);

      expect(() => SqliteCatalog.open({ path })).toThrow(
        expect.objectContaining({
          code: 'INVALID_INPUT',
          message: expect.stringContaining('not a catalog'),
        }),
      );

      expect(await readFile(path)).toEqual(before);
    });

    test('a missing folder is reported', () => {
      const missing = join(folder, 'missing', 'catalog.db');

      expect(() => SqliteCatalog.open({ path: missing })).toThrow(
        expect.objectContaining({ code: 'UNAVAILABLE', message: expect.stringContaining(missing) }),
      );
    });
  });
});
