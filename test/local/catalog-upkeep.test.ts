/** Backups and checks of the catalog while the server runs, in a thread of their own. */
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CatalogUpkeep } from '../../local/catalog-upkeep.ts';
import { checkCatalogFile } from '../../storage/sqlite/safety/check-catalog.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { packageRecord } from '../storage/catalog-contract/records.ts';
import { LogBook, temporaryFolder } from './served.ts';

let folder: string;
let path: string;
let backups: string;
let catalog: SqliteCatalog;
let book: LogBook;
let now: Date;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'catalog.db');
  backups = join(folder, 'backups');
  catalog = SqliteCatalog.open({ path });
  await catalog.createPackage(packageRecord('a'));
  await catalog.createPackage(packageRecord('b'));
  book = new LogBook();
  now = new Date('2026-11-01T00:00:00.000Z');
});
afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true });
});

function upkeep(backupsKept = 7): CatalogUpkeep {
  const clock = () => now;
  return new CatalogUpkeep({
    catalog,
    path,
    log: book.log,
    clock,
    backupFolder: backups,
    backupsKept,
    isUnchecked: false,
  });
}

function pass(hours: number): void {
  now = new Date(now.getTime() + hours * 3_600_000);
}

function breakRecord(): void {
  const db = new DatabaseSync(path);
  db.exec("UPDATE packages SET record = replace(record, 'aaaa', 'aaab') WHERE package_id = 'b'");
  db.close();
}

describe('backups', () => {
  test('are whole catalogs that only the owner reads, one a day', async () => {
    const one = upkeep();

    await one.work();
    await one.work();
    pass(23);
    await one.work();

    expect(await readdir(backups)).toEqual(['catalog-20261101T000000Z.db']);
    const made = join(backups, 'catalog-20261101T000000Z.db');
    expect(checkCatalogFile(made)).toMatchObject({
      faults: [],
      broken: [],
      counts: { packages: 2 },
    });
    expect([(await stat(made)).mode & 0o777, (await stat(backups)).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    pass(2);
    await one.work();
    expect(await readdir(backups)).toHaveLength(2);
  });

  test('are kept in the number that the setting says; other files and drafts of a killed server aside', async () => {
    await mkdir(backups);
    await writeFile(join(backups, 'notes.txt'), 'mine');
    await writeFile(join(backups, '.catalog-00000000-0000-4000-8000-000000000000.db'), 'half');
    const one = upkeep(2);

    for (let day = 0; day < 4; day++) {
      await one.work();
      pass(25);
    }

    expect((await readdir(backups)).sort()).toEqual([
      'catalog-20261103T020000Z.db',
      'catalog-20261104T030000Z.db',
      'notes.txt',
    ]);
  });

  test('are not made where the setting is 0', async () => {
    await upkeep(0).work();

    await expect(readdir(backups)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('are not made of a catalog with a broken record, which is reported; those that are there stay', async () => {
    const one = upkeep(1);
    await one.work();
    breakRecord();
    pass(25);

    await one.work();

    expect(await readdir(backups)).toEqual(['catalog-20261101T000000Z.db']);
    expect(book.lines.map(({ msg }) => msg)).toContain(
      'the catalog is not whole: no backup was made of it',
    );
    await expect(catalog.getPackage(packageRecord('b'))).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });

  test('are not put off by one from the future, which a wrong clock made', async () => {
    await upkeep().work();
    await copyFile(
      join(backups, 'catalog-20261101T000000Z.db'),
      join(backups, 'catalog-20991101T000000Z.db'),
    );
    pass(25);

    await upkeep().work();

    expect(await readdir(backups)).toContain('catalog-20261102T010000Z.db');
  });
});

describe('checks', () => {
  test('of the whole file find a key that has changed: its name is an error from then on', async () => {
    const one = upkeep(0);
    const db = new DatabaseSync(path);
    db.exec("UPDATE packages SET package_id = 'bb' WHERE package_id = 'b'");
    db.close();
    expect(await catalog.getPackage(packageRecord('b'))).toBeUndefined();

    pass(2);
    await one.work();

    await expect(catalog.getPackage(packageRecord('b'))).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    expect(await catalog.getPackage(packageRecord('a'))).toStrictEqual(packageRecord('a'));
  });

  test('are done at once where the start left it out', async () => {
    breakRecord();
    const clock = () => now;
    const options = { catalog, path, log: book.log, clock, backupFolder: backups, backupsKept: 0 };
    const one = new CatalogUpkeep({ ...options, isUnchecked: true });

    one.start();
    await book.line(({ msg }) => String(msg).startsWith('records of the catalog are broken'));

    await one.stop(10_000);
    expect(catalog.file.broken().map(({ name }) => name)).toEqual(['1.0.0/b']);
  });

  test('that another process keeps from the file find no damage in it', async () => {
    await catalog.close();
    const other = new DatabaseSync(path);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');

    expect(() => checkCatalogFile(path)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));

    other.close();
    expect(checkCatalogFile(path)).toMatchObject({ faults: [], broken: [] });
    catalog = SqliteCatalog.open({ path });
  });

  test('that find a damaged page stop every answer', async () => {
    await catalog.close();
    const bytes = await readFile(path);
    bytes.fill(0xff, 4096, 4104);
    await writeFile(path, bytes);
    catalog = SqliteCatalog.open({ path });

    const one = upkeep(0);
    pass(2);
    await one.work();

    await expect(catalog.getPackage(packageRecord('a'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(book.lines.map(({ msg }) => String(msg)).join()).toContain('is damaged');
  });
});
