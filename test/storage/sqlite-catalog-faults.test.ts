import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { translateSqliteError } from '../../storage/sqlite/sqlite-errors.ts';
import { ALL_STATES, at, everyUnfinished, fill, packageRecord, tokenRecord, V1 } from './catalog-contract/records.ts';

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

    test('a broken record is an error wherever it is read, not a gap', async () => {
      const catalog = SqliteCatalog.open({ path });
      const record = packageRecord('b');
      await fill(catalog, [packageRecord('a'), record, packageRecord('c')]);
      raw((db) => db.exec("UPDATE packages SET record = json_remove(record, '$.sha256') WHERE package_id = 'b'"));

      const broken = expect.objectContaining({
        code: 'INTERNAL',
        message: expect.stringContaining('sha256 must be a string, got undefined'),
      });
      await expect(catalog.getPackage(record)).rejects.toEqual(broken);
      await expect(catalog.getPackages(V1, [record.packageId])).rejects.toEqual(broken);
      await expect(catalog.listPackages(V1, ALL_STATES, { limit: 10 })).rejects.toEqual(broken);
      await expect(everyUnfinished(catalog, at(9))).rejects.toEqual(broken);
      await catalog.close();
    });

    test('a write that fails takes none of its companions with it', async () => {
      const catalog = SqliteCatalog.open({ path });
      await fill(catalog, [packageRecord('a'), packageRecord('b')]);
      raw((db) => db.exec("UPDATE packages SET record = json_remove(record, '$.sha256') WHERE package_id = 'a'"));

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

    test('a token that is no JSON is an error', async () => {
      const catalog = SqliteCatalog.open({ path });
      await catalog.createToken(tokenRecord('token000'));
      raw((db) => db.exec("UPDATE tokens SET record = '{'"));

      await expect(catalog.getToken('token000')).rejects.toEqual(expect.objectContaining({ code: 'INTERNAL' }));
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

    const big = "INSERT INTO tokens VALUES ('big', hex(zeroblob(1000000)))";

    test('a full disk is OUT_OF_SPACE, a read-only file UNAVAILABLE with advice', async () => {
      await openAndClose();

      expect(errorOf((db) => db.exec(`PRAGMA max_page_count = 1; ${big}`))).toEqual(
        expect.objectContaining({ code: 'OUT_OF_SPACE', message: expect.stringContaining('free space') }),
      );
      expect(errorOf((db) => db.exec(`PRAGMA query_only = 1; ${big}`))).toEqual(
        expect.objectContaining({ code: 'UNAVAILABLE', message: expect.stringContaining('read-only') }),
      );
    });

    test("an error that is not SQLite's stays what it is", () => {
      const error = new RangeError('other');

      expect(translateSqliteError(error, 'catalog x')).toBe(error);
    });

    test('a write that waits too long for another process is UNAVAILABLE, reads go on', async () => {
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
