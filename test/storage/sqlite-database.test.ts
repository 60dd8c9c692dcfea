/** SQLite on all versions of Node that are supported. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync, isInTransaction, isOpen } from '../../storage/sqlite/file/database.ts';
import { openCatalogDatabase } from '../../storage/sqlite/file/open-catalog-database.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = new DatabaseSync(':memory:');
});
afterEach(() => {
  if (db.isOpen) db.close();
});

describe.each([
  ['Node 22.13', () => ({ exec: (sql: string) => db.exec(sql) })],
  ['this Node', () => db],
])('a database of %s', (_, look) => {
  test('is open until it is closed', () => {
    expect(isOpen(look())).toBe(true);

    db.close();

    expect(isOpen(look())).toBe(false);
  });

  test('is in a transaction from BEGIN to COMMIT or ROLLBACK, and keeps what was written', () => {
    db.exec('CREATE TABLE t (x)');
    expect(isInTransaction(look())).toBe(false);

    for (const end of ['COMMIT', 'ROLLBACK']) {
      db.exec('BEGIN; INSERT INTO t VALUES (1)');
      expect(isInTransaction(look())).toBe(true);
      db.exec(end);
      expect(isInTransaction(look())).toBe(false);
    }

    expect(db.prepare('SELECT count(*) AS count FROM t').get()).toMatchObject({ count: 1 });
  });
});

test.each([5000, 70])('a catalog waits %d ms for locks', (busyTimeoutMs) => {
  const catalog = openCatalogDatabase({ path: ':memory:', busyTimeoutMs });

  expect(catalog.prepare('PRAGMA busy_timeout').get()).toMatchObject({ timeout: busyTimeoutMs });
  catalog.close();
});

test('node:sqlite is loaded in one place, which filters its warning', () => {
  const root = join(import.meta.dirname, '..', '..');
  const rooms = ['bin', 'cli', 'client', 'core', 'doctor', 'local', 'open', 'service', 'storage'];
  const files = rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${room}/${file.replaceAll('\\', '/')}`),
  );
  const loading = files.filter((file) =>
    /^import (?!type )[^;]*'node:sqlite'|(import|getBuiltinModule)\('node:sqlite'\)/m.test(
      readFileSync(join(root, file), 'utf8').replaceAll('typeof import(', ''),
    ),
  );

  expect(loading).toEqual(['storage/sqlite/file/database.ts']);
});
