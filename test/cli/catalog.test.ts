/** `stowage catalog` as an operator runs it, on the storage of a server that was stopped. */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { backUpCatalog } from '../../storage/sqlite/safety/backups.ts';
import { ServerProcess } from '../support/server-process.ts';
import { type Ran, runCli, temporaryFolder } from './house.ts';

let cwd: string;
let storage: string;
let catalog: string;
let server: ServerProcess;
beforeEach(async () => {
  cwd = await temporaryFolder();
  storage = join(cwd, 'storage');
  catalog = join(storage, '.stowage', 'catalog.db');
  server = await ServerProcess.start(storage);
});
afterEach(async () => {
  await server.stop();
  await rm(cwd, { recursive: true });
});

function stowage(...words: readonly string[]): Promise<Ran> {
  const env = {
    STORAGE_LOCAL_PATH: storage,
    STOWAGE_URL: server.url,
    STOWAGE_TOKEN: server.adminToken,
  };
  return runCli(words, { cwd, env });
}

async function push(name: string): Promise<void> {
  await writeFile(join(cwd, name), `the bytes of ${name}`);
  const ran = await stowage('push', name, '--version', '1.0.0');
  expect(ran).toMatchObject({ code: 0 });
}

async function pulled(name: string): Promise<string> {
  const ran = await stowage('pull', `1.0.0/${name}`, '--out', 'out', '--force');
  expect(ran).toMatchObject({ code: 0 });
  return readFile(join(cwd, 'out', name), 'utf8');
}

function backUp(): string {
  const folder = join(storage, '.stowage', 'backups');
  const { backup } = backUpCatalog({
    path: catalog,
    folder,
    kept: 7,
    now: new Date('2026-11-01T02:03:04.000Z'),
  });
  return backup?.path ?? 'none';
}

describe('restore', () => {
  test('lists the backups, and replaces the catalog by one, keeping the old catalog', async () => {
    await push('before.txt');
    const path = backUp();
    await push('after.txt');
    await server.stop();

    const listed = await stowage('catalog', 'restore', '--json');
    const restored = await stowage('catalog', 'restore', 'catalog-20261101T020304Z.db', '--json');

    expect(JSON.parse(listed.stdout)).toEqual({
      backups: [
        { path, madeAt: '2026-11-01T02:03:04.000Z', bytes: expect.any(Number), isWhole: true },
      ],
    });
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    const { from, counts, setAside } = JSON.parse(restored.stdout);
    expect({ from, counts }).toEqual({
      from: path,
      counts: {
        packages: 1,
        versions: 1,
        channels: 0,
        tokens: 1,
        links: 0,
        trust_rules: 0,
        check_runs: 0,
      },
    });
    expect(
      new DatabaseSync(setAside).prepare('SELECT count(*) AS count FROM packages').get(),
    ).toEqual({ count: 2 });
    server = await ServerProcess.start(storage);
    expect(await pulled('before.txt')).toBe('the bytes of before.txt');
    expect((await stowage('show', '1.0.0/after-txt')).code).toBe(1);
  });

  test('refuses a backup that is damaged, and leaves the catalog in its place', async () => {
    const path = backUp();
    await server.stop();
    const bytes = await readFile(path);
    bytes.fill(0xff, 4096, 4104);
    await writeFile(path, bytes);
    const before = await readFile(catalog);

    const ran = await stowage('catalog', 'restore', path);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('damaged');
    expect(await readFile(catalog)).toEqual(before);
    expect(
      (await readdir(join(storage, '.stowage'))).filter((name) => name.includes('draft')),
    ).toEqual([]);
  });

  test.each(['restore', 'rebuild'])(
    'and rebuild (%s) are refused while the server runs',
    async (command) => {
      const path = backUp();

      const ran = await stowage(
        'catalog',
        command,
        ...(command === 'restore' ? [path] : ['--apply']),
      );

      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain('a server is running on this storage; stop it first');
    },
  );
});

test('the doctor names the records that are broken, beside the running server', async () => {
  await push('one.txt');
  backUp();
  const db = new DatabaseSync(catalog);
  db.exec("UPDATE packages SET record = replace(record, 'one.txt', 'ane.txt')");
  db.close();

  const ran = await stowage('doctor', '--json');

  expect(ran.code).toBe(1);
  const { findings } = JSON.parse(ran.stdout) as {
    readonly findings: readonly Readonly<Record<string, unknown>>[];
  };
  expect(findings.filter(({ group }) => group === 'catalog')).toMatchObject([
    { id: 'catalog-is-whole', verdict: 'kept', seen: '0 packages in 1 versions' },
    {
      id: 'catalog-records-are-whole',
      verdict: 'not kept',
      seen: '1 are not: the record of package "1.0.0/one" is broken: it is not as it was written',
      needed: true,
    },
    { id: 'catalog-has-a-backup', needed: false },
  ]);
});

describe('rebuild', () => {
  test('of a catalog that is gone, without a backup, enters every file by its hash; without --apply it says so alone', async () => {
    await push('one.txt');
    await push('two.txt');
    await server.stop();
    await rm(catalog);

    const dry = await stowage('catalog', 'rebuild');
    await expect(ServerProcess.start(storage)).rejects.toThrow('stowage catalog rebuild');
    const done = await stowage('catalog', 'rebuild', '--apply');

    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 files would be entered, 0 not'),
    });
    expect(dry.stderr).toContain('do it with: stowage catalog rebuild --apply');
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 files entered, 0 not, 0 failed'),
    });
    expect(done.stderr).toContain('no token is left: the next start makes a first admin token');
    server = await ServerProcess.start(storage);
    expect(await pulled('one.txt')).toBe('the bytes of one.txt');
    expect(await stowage('verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 ok'),
    });
  });

  test('begins with the newest backup that is whole, and adds what only the tree knows', async () => {
    await push('one.txt');
    const older = backUp();
    await push('two.txt');
    await server.stop();
    await rm(catalog);
    const newer = join(storage, '.stowage', 'backups', 'catalog-20261102T000000Z.db');
    await writeFile(newer, 'this is no longer a database'.repeat(300));

    const ran = await stowage('catalog', 'rebuild', '--apply', '--json');

    expect(ran.code).toBe(0);
    const [file, rebuilt] = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(file).toEqual({ outcome: 'entered', key: 'packages/1.0.0/two.txt', bytes: 20 });
    expect(rebuilt).toEqual({
      applied: true,
      base: older,
      refused: [expect.stringContaining(newer)],
      recovered: 0,
      lost: [],
      files: { planned: 0, entered: 1, taken: 0, failed: 0 },
      tokens: 1,
    });
    server = await ServerProcess.start(storage);
    expect(await pulled('one.txt')).toBe('the bytes of one.txt');
    expect(await pulled('two.txt')).toBe('the bytes of two.txt');
  });

  test('takes a broken record from a backup, leaves the others as they are, and removes nothing', async () => {
    await push('one.txt');
    backUp();
    await push('two.txt');
    await server.stop();
    const db = new DatabaseSync(catalog);
    db.exec(
      "UPDATE packages SET record = replace(record, 'one.txt', 'ane.txt') WHERE package_id = 'one'",
    );
    db.close();

    const ran = await stowage('catalog', 'rebuild', '--apply', '--json');

    const rebuilt = JSON.parse(ran.stdout);
    expect(rebuilt).toMatchObject({ base: catalog, recovered: 1, lost: [], tokens: 1 });
    expect(rebuilt.files).toEqual({ planned: 0, entered: 0, taken: 0, failed: 0 });
    expect(await readdir(join(storage, '.stowage'))).toContain(rebuilt.setAside.split('/').at(-1));
    server = await ServerProcess.start(storage);
    expect(await pulled('one.txt')).toBe('the bytes of one.txt');
    expect(await pulled('two.txt')).toBe('the bytes of two.txt');
  });

  test('is refused the catalog of another storage', async () => {
    await server.stop();
    const other = join(cwd, 'other');
    await mkdir(other);
    const second = await ServerProcess.start(other);
    await second.stop();
    await copyFile(join(other, '.stowage', 'catalog.db'), join(cwd, 'other.db'));

    const ran = await stowage('catalog', 'rebuild', '--from', join(cwd, 'other.db'), '--apply');

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('is the catalog of another storage');
  });
});
