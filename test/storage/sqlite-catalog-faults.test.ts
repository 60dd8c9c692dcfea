import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { translateSqliteError } from '../../storage/sqlite/file/errors.ts';
import type { BrokenRecord } from '../../storage/sqlite/safety/broken-records.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import {
  ALL_STATES,
  at,
  channelRecord,
  everyItem,
  everyUnfinished,
  fill,
  packageRecord,
  tokenRecord,
  V1,
} from './catalog-contract/records.ts';

describe('faults of SqliteCatalog', () => {
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

  describe('damage', () => {
    const PENDING = { attemptId: 'attempt-1', states: ALL_STATES };

    const CHANGED =
      "UPDATE packages SET record = replace(record, 'aaaa', 'aaab') WHERE package_id = 'b'";

    test('a broken record is an error when it is read, lists leave it out, and it is reported once', async () => {
      const found: BrokenRecord[] = [];
      const catalog = SqliteCatalog.open({ path, onBroken: (record) => found.push(record) });
      const record = packageRecord('b');
      const whole = [packageRecord('a'), packageRecord('c')];
      await fill(catalog, [...whole, record]);
      raw((db) => db.exec(CHANGED));

      const broken = expect.objectContaining({
        code: 'INTERNAL',
        message:
          'in the catalog the record of package "1.0.0/b" is broken: its checksum does not fit what it holds; stop the service and run: stowage catalog rebuild',
      });
      await expect(catalog.getPackage(record)).rejects.toEqual(broken);
      await expect(catalog.getPackages(V1, [record.packageId])).rejects.toEqual(broken);
      expect(await catalog.listPackages(V1, ALL_STATES, { limit: 10 })).toEqual({ items: whole });
      expect(await everyUnfinished(catalog, at(9))).toEqual(whole);
      expect(found).toEqual([
        { table: 'packages', name: '1.0.0/b', detail: 'its checksum does not fit what it holds' },
      ]);
      await catalog.close();
    });

    test('a record that breaks after it was read is an error when it is read again', async () => {
      const catalog = SqliteCatalog.open({ path });
      const record = packageRecord('b');
      await fill(catalog, [record]);
      expect(await catalog.getPackage(record)).toEqual(record);
      for (const column of ['state', 'checksum', 'record']) {
        raw((db) => db.exec('CREATE TABLE IF NOT EXISTS whole AS SELECT * FROM packages'));
        raw((db) => db.exec(`UPDATE packages SET ${column} = ${column} || ' '`));

        await expect(catalog.getPackage(record)).rejects.toMatchObject({ code: 'INTERNAL' });
        raw((db) => db.exec(`UPDATE packages SET ${column} = (SELECT ${column} FROM whole)`));
        expect(await catalog.getPackage(record)).toEqual(record);
      }
      await catalog.close();
    });

    test('a record that is read again as it was is not parsed again', async () => {
      const catalog = SqliteCatalog.open({ path });
      const record = packageRecord('b');
      await fill(catalog, [record]);

      const first = await catalog.getPackage(record);
      const again = await catalog.findPackage(V1, String(record.filename));

      expect(again).toBe(first);
      expect(Object.isFrozen(first)).toBe(true);
      await catalog.close();
    });

    test('a list continues after a page that ends with a broken record', async () => {
      const catalog = SqliteCatalog.open({ path });
      const whole = [packageRecord('a'), packageRecord('c')];
      await fill(catalog, [...whole, packageRecord('b')]);
      raw((db) => db.exec(CHANGED));

      expect(await everyItem((page) => catalog.listPackages(V1, ALL_STATES, page), 1)).toEqual(
        whole,
      );
      await catalog.close();
    });

    test.each([
      ['package_id', "UPDATE packages SET package_id = 'bb' WHERE package_id = 'b'"],
      ['state', "UPDATE packages SET state = 'Pending' WHERE package_id = 'b'"],
      [
        'checksum',
        "UPDATE packages SET checksum = 'A' || substr(checksum, 2) WHERE package_id = 'b'",
      ],
      ['type', "UPDATE packages SET record = record || char(0) WHERE package_id = 'b'"],
    ])(
      'a record whose %s has changed is never "not found", and its name stays taken',
      async (_, sql) => {
        const catalog = SqliteCatalog.open({ path });
        await fill(catalog, [packageRecord('a'), packageRecord('b')]);
        await catalog.close();
        raw((db) => db.exec(sql));
        const again = SqliteCatalog.open({ path });

        const { faults, broken } = again.file.examine();

        expect(faults).toEqual([]);
        expect(broken.map(({ name }) => name)).toContain('1.0.0/b');
        await expect(again.getPackage(packageRecord('b'))).rejects.toMatchObject({
          code: 'INTERNAL',
        });
        await expect(again.createPackage(packageRecord('b'))).rejects.toMatchObject({
          code: 'INTERNAL',
        });
        expect(await again.getPackage(packageRecord('a'))).toStrictEqual(packageRecord('a'));
        await again.close();
      },
    );

    test('reading a version, a channel or a token whose key has changed is an error', async () => {
      const catalog = SqliteCatalog.open({ path });
      await fill(catalog, [packageRecord('a')]);
      await catalog.putChannel(channelRecord('stable', '1.0.0'));
      await catalog.createToken(tokenRecord('token000'));
      await catalog.close();
      raw((db) => {
        db.exec("UPDATE versions SET version_id = '1.0.1'");
        db.exec("UPDATE channels SET channel = 'stabla'");
        db.exec("UPDATE tokens SET token_id = 'token001'");
      });
      const again = SqliteCatalog.open({ path });
      again.file.examine();

      const internal = expect.objectContaining({ code: 'INTERNAL' });
      await expect(again.getVersion(V1)).rejects.toEqual(internal);
      await expect(again.getChannel(channelRecord('stable', '1.0.0').channel)).rejects.toEqual(
        internal,
      );
      await expect(again.getToken('token000')).rejects.toEqual(internal);
      expect(await again.getToken('token002')).toBeUndefined();
      await again.close();
    });

    test('indexes that do not fit their tables are rebuilt', async () => {
      const catalog = SqliteCatalog.open({ path });
      await fill(catalog, [packageRecord('a')]);
      await catalog.close();
      raw((db) => {
        db.enableDefensive(false);
        db.exec(
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'IS NOT NULL', 'IS NULL') WHERE name = 'packages_unfinished'; PRAGMA writable_schema = RESET; REINDEX",
        );
        db.exec(
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'IS NULL', 'IS NOT NULL') WHERE name = 'packages_unfinished'",
        );
      });
      const again = SqliteCatalog.open({ path });

      const report = again.file.examine();

      expect(report).toMatchObject({ faults: [], broken: [] });
      expect(report.indexFaults).not.toEqual([]);
      expect(await everyUnfinished(again, at(9))).toEqual([packageRecord('a')]);
      await again.close();
    });

    test('a damaged page stops all reads and writes, and the error says what to do', async () => {
      const catalog = SqliteCatalog.open({ path });
      await fill(catalog, [packageRecord('a'), packageRecord('b')]);
      await catalog.close();
      const { rootpage } = raw((db) =>
        db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'packages'").get(),
      ) as {
        readonly rootpage: number;
      };
      const bytes = await readFile(path);
      // The number of cells of the page, which becomes one less.
      const cells = (rootpage - 1) * 4096 + 3;
      bytes.writeUInt16BE(bytes.readUInt16BE(cells) - 1, cells);
      await writeFile(path, bytes);
      const again = SqliteCatalog.open({ path });

      const { faults } = again.file.examine();

      expect(faults).not.toEqual([]);
      await expect(again.getPackage(packageRecord('a'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(
          /^catalog .* is damaged: .*run stowage catalog restore or stowage catalog rebuild$/s,
        ),
      });
      await again.close();
    });

    test('damage that is found on opening is a ServiceError', async () => {
      await openAndClose();
      const bytes = await readFile(path);
      const text = bytes.indexOf('CREATE TABLE "tokens"');
      bytes.write('CREATE TABLE "tokenz"', text);
      await writeFile(path, bytes);

      expect(() => SqliteCatalog.open({ path })).toThrow(
        expect.objectContaining({ name: 'ServiceError', code: 'INTERNAL' }),
      );
    });

    test('a write that fails does not fail the others of its transaction', async () => {
      const catalog = SqliteCatalog.open({ path });
      await fill(catalog, [packageRecord('a'), packageRecord('b')]);
      raw((db) =>
        db.exec(
          "UPDATE packages SET record = replace(record, 'aaaa', 'aaab') WHERE package_id = 'a'",
        ),
      );

      const answers = await Promise.allSettled([
        catalog.createPackage(packageRecord('c')),
        catalog.changePackage(packageRecord('a'), PENDING, { state: 'available' }),
        catalog.changePackage(packageRecord('b'), PENDING, { state: 'available' }),
      ]);

      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await catalog.getPackage(packageRecord('c'))).toStrictEqual(packageRecord('c'));
      expect((await catalog.getPackage(packageRecord('b')))?.state).toBe('available');
      await catalog.close();
    });

    test('a token that is not JSON is an error', async () => {
      const catalog = SqliteCatalog.open({ path });
      await catalog.createToken(tokenRecord('token000'));
      raw((db) => db.exec("UPDATE tokens SET record = '{'"));

      await expect(catalog.getToken('token000')).rejects.toEqual(
        expect.objectContaining({ code: 'INTERNAL' }),
      );
      await catalog.close();
    });
  });

  describe('faults', () => {
    function errorOf(use: (db: DatabaseSync) => void): unknown {
      try {
        raw(use);
      } catch (error) {
        return translateSqliteError(error, 'catalog x');
      }
      throw new Error('the database gave no error');
    }

    const big = "INSERT INTO tokens VALUES ('big', hex(zeroblob(1000000)), '')";

    test('a full disk is OUT_OF_SPACE, and a read-only file is UNAVAILABLE with advice', async () => {
      await openAndClose();

      expect(errorOf((db) => db.exec(`PRAGMA max_page_count = 1; ${big}`))).toEqual(
        expect.objectContaining({
          code: 'OUT_OF_SPACE',
          message: expect.stringContaining('free space'),
        }),
      );
      expect(errorOf((db) => db.exec(`PRAGMA query_only = 1; ${big}`))).toEqual(
        expect.objectContaining({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('read-only'),
        }),
      );
    });

    test("an error that is not SQLite's is returned unchanged", () => {
      const error = new RangeError('other');

      expect(translateSqliteError(error, 'catalog x')).toBe(error);
    });

    test('a write that waits too long for another process is UNAVAILABLE, and reads still work', async () => {
      const catalog = SqliteCatalog.open({ path, busyTimeoutMs: 1 });
      const record = packageRecord('a');
      await catalog.createPackage(record);
      const other = new DatabaseSync(path);
      other.exec('BEGIN IMMEDIATE');

      await expect(catalog.createPackage(packageRecord('b'))).rejects.toEqual(
        expect.objectContaining({ code: 'UNAVAILABLE' }),
      );
      expect(await catalog.getPackage(record)).toStrictEqual(record);

      other.close();
      expect(await catalog.createPackage(packageRecord('b'))).toBe(true);
      await catalog.close();
    });
  });
});
