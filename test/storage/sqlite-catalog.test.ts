/** SqliteCatalog keeps the contract, and what it promises beyond that. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parsePackageId, parseVersionId } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { describeCatalog } from './catalog.contract.ts';
import { countOf, packageRecord, tokenRecord } from './catalog-contract/records.ts';

const CATALOG_MODULE = new URL('../../storage/sqlite/sqlite-catalog.ts', import.meta.url).href;

describeCatalog('SqliteCatalog', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-catalog-'));
  const path = join(folder, 'catalog.db');
  const catalog = SqliteCatalog.open({ path });
  const others: Catalog[] = [];
  return {
    catalog,
    second: async () => {
      const other = SqliteCatalog.open({ path });
      others.push(other);
      return other;
    },
    settled: async () => {},
    close: async () => {
      for (const handle of [catalog, ...others]) await handle.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('SqliteCatalog', () => {
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

  test('upload grants leave the lists a day after their end, and no other token does', async () => {
    const catalog = SqliteCatalog.open({ path });
    const upload = { versionId: parseVersionId('1'), packageId: parsePackageId('a') };
    const expiresAt = '2026-01-01T01:00:00.000Z';
    const grantOf = (tokenId: string, createdAt: string) =>
      catalog.createToken(tokenRecord(tokenId, { upload, createdAt, expiresAt }));
    const listed = async () => (await catalog.allTokens()).map(({ tokenId }) => tokenId);
    await catalog.createToken(tokenRecord('expired0', { expiresAt }));
    await grantOf('grant000', '2026-01-01T00:00:00.000Z');

    await grantOf('grant001', '2026-01-02T00:59:59.999Z');
    expect(await listed()).toEqual(['expired0', 'grant000', 'grant001']);
    raw((db) => db.exec("UPDATE tokens SET record = '{' WHERE token_id = 'grant001'"));
    await grantOf('grant002', '2026-01-02T01:00:00.001Z');

    expect(await listed()).toEqual(['expired0', 'grant002']);
    await catalog.close();
  });

  test('records are still there after closing and opening again', async () => {
    const record = packageRecord('a', { metadata: { ключ: 'größe' } });
    const first = SqliteCatalog.open({ path });
    await first.createPackage(record);
    await first.createToken(tokenRecord('token000'));
    await first.close();

    const second = SqliteCatalog.open({ path });

    expect(await second.getPackage(record)).toStrictEqual(record);
    expect(await second.getToken('token000')).toStrictEqual(tokenRecord('token000'));
    await second.close();
  });

  test('writes wait until they are on disk, and a closed catalog is one file', async () => {
    const catalog = SqliteCatalog.open({ path });
    const created = catalog.createPackage(packageRecord('a'));
    await catalog.close();
    await catalog.close();

    expect(await created).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(raw((db) => db.prepare('PRAGMA journal_mode').get())).toEqual({ journal_mode: 'wal' });
    expect(raw((db) => db.prepare('SELECT count(*) AS count FROM packages').get())).toEqual({
      count: 1,
    });
  });

  test('a large file is summed in a thread, once for all who ask at the same time, with a broken record in it', async () => {
    const catalog = SqliteCatalog.open({ path, summedAtOnceBytes: 0 });
    const [whole, broken] = [packageRecord('a', { size: 10 }), packageRecord('b', { size: 20 })];
    for (const record of [whole, broken]) {
      await catalog.createPackage(record);
      const { attemptId } = record;
      await catalog.changePackage(
        record,
        { attemptId, states: ['pending'] },
        { state: 'available' },
      );
    }
    raw((db) => db.exec("UPDATE packages SET record = '{' WHERE package_id = 'b'"));

    const asked = [catalog.publishedTotals(), catalog.publishedTotals()];

    expect(await Promise.all(asked)).toEqual([
      { packages: 2, bytes: 10 },
      { packages: 2, bytes: 10 },
    ]);
    expect(await asked[0]).toBe(await asked[1]);
    await catalog.close();
  });

  test('a catalog can be in memory, for tests', async () => {
    const catalog = SqliteCatalog.open({ path: ':memory:' });
    await catalog.createPackage(packageRecord('a'));

    expect(await catalog.getPackage(packageRecord('a'))).toStrictEqual(packageRecord('a'));
    await catalog.close();
  });

  test('when four processes open a new catalog and race for one name, one wins', async () => {
    const creators = Array.from({ length: 4 }, async (_, index) => {
      const record = JSON.stringify(packageRecord('a', { attemptId: `attempt-${index}` }));
      const program = `
        import { SqliteCatalog } from ${JSON.stringify(CATALOG_MODULE)};
        const catalog = SqliteCatalog.open({ path: ${JSON.stringify(path)} });
        console.log(await catalog.createPackage(${record}));
        await catalog.close();`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      return output.trim() === 'true';
    });

    const answers = await Promise.all(creators);

    expect(countOf(answers)).toEqual({ yes: 1, no: 3 });
    const catalog = SqliteCatalog.open({ path });
    expect((await catalog.getPackage(packageRecord('a')))?.attemptId).toBe(
      `attempt-${answers.indexOf(true)}`,
    );
    await catalog.close();
  });
});
