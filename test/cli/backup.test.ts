/** `stowage backup`: a consistent copy of catalog and keys, also under load, and its way back. */
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { StowageClient } from '../../client/stowage-client.ts';
import { uploadPackage } from '../../client/upload.ts';
import { ServerProcess } from '../support/server-process.ts';
import { jsonLines, type Ran, runCli, temporaryFolder } from './house.ts';

let folder: string;
let storage: string;
let server: ServerProcess;
const running: ServerProcess[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  storage = join(folder, 'storage');
  server = await ServerProcess.start(storage);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function stowage(path: string, ...words: readonly string[]): Promise<Ran> {
  return runCli(words, { cwd: folder, env: { STORAGE_LOCAL_PATH: path } });
}

function clientOf({ url, adminToken: token }: ServerProcess): StowageClient {
  return new StowageClient({ url, token });
}

function contentOf(name: string): Buffer<ArrayBuffer> {
  return Buffer.from(`the bytes of ${name}\n`.repeat(50));
}

async function push(versionId: string, packageId: string): Promise<void> {
  const content = contentOf(packageId);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const declaration = { packageId, ext: 'bin', size: content.length, sha256 };
  const source = new Blob([content]);
  await uploadPackage(clientOf(server), { versionId, declaration, source });
}

/** The package files as a copy without their times: `cp -r`. */
async function copyFiles(to: string): Promise<void> {
  await cp(join(storage, 'packages'), join(to, 'packages'), { recursive: true });
  for (const name of await readdir(join(to, 'packages'), { recursive: true }))
    if (name.endsWith('.bin')) await utimes(join(to, 'packages', name), new Date(0), new Date(0));
}

/** Pushes until it is stopped. */
class Pushers {
  readonly published: string[] = [];
  #stopped = false;
  readonly #loops: readonly Promise<void>[];
  #waiting: (() => void) | undefined;

  constructor(count: number) {
    this.#loops = Array.from({ length: count }, (_, index) => this.#loop(index));
  }

  /** Resolves when so many packages are available. */
  async reach(count: number): Promise<void> {
    while (this.published.length < count)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  async #loop(index: number): Promise<void> {
    for (let round = 0; !this.#stopped; round++) {
      await push(`${round}.0.0`, `file-${index}-${round}`);
      this.published.push(`${round}.0.0/file-${index}-${round}.bin`);
      this.#waiting?.();
    }
  }
}

test('a backup under the load of 8 pushers has every package that was available at its start, and they are served elsewhere', async () => {
  const pushers = new Pushers(8);
  await pushers.reach(60);
  await clientOf(server).yankPackage('1.0.0', 'file-0-1');
  const wanted = [...pushers.published].filter((name) => name !== '1.0.0/file-0-1.bin');

  const made = await stowage(storage, 'backup', 'loaded.backup', '--json');
  await pushers.reach(pushers.published.length + 8);
  const elsewhere = join(folder, 'elsewhere');
  await copyFiles(elsewhere);
  await pushers.stop();
  const restored = await stowage(elsewhere, 'backup', 'restore', 'loaded.backup', '--json');

  expect(made).toMatchObject({ code: 0, stderr: '' });
  const { counts } = JSON.parse(made.stdout);
  expect(counts.packages).toBeGreaterThan(wanted.length);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(jsonLines(restored.stdout).at(-1)).toMatchObject({
    counts,
    verified: { missing: 0, corrupt: 0 },
  });
  const other = await ServerProcess.start(elsewhere);
  running.push(other);
  expect(other.adminToken).toBe(server.adminToken);
  const wrong: string[] = [];
  for (const name of wanted) {
    const answer = await fetch(`${other.url}/packages/${name}`, {
      headers: { authorization: `Bearer ${server.adminToken}` },
    });
    const id = name.replace(/^.*\/|\.bin$/g, '');
    if (!Buffer.from(await answer.arrayBuffer()).equals(contentOf(id))) wrong.push(name);
  }
  expect(wrong).toEqual([]);
  const yanked = await clientOf(other).getPackage('1.0.0', 'file-0-1');
  expect(yanked.state).toBe('yanked');
});

describe('a backup', () => {
  let backup: string;
  beforeAll(async () => {
    await push('9.0.0', 'tool');
    backup = join(folder, 'one.backup');
    expect(await stowage(storage, 'backup', backup)).toMatchObject({ code: 0 });
  });

  test('is readable by its owner alone, and is checked without any settings', async () => {
    const checked = await stowage(join(folder, 'none'), 'backup', 'check', backup, '--json');

    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    expect(checked.code).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      facts: { madeAt: expect.stringMatching(/^20/), release: expect.any(String) },
      files: ['admin-token', 'catalog.json', 'release-keys.json', 'url-signing-key'],
    });
  });

  test('takes the place of no file', async () => {
    const again = await stowage(storage, 'backup', backup);

    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is there already: name another file'),
    });
  });

  test('with any changed piece is refused, and nothing is restored', async () => {
    const bytes = await readFile(backup);
    const token = bytes.indexOf(server.adminToken);
    const record = bytes.indexOf('"filename":"tool.bin"');
    expect([token, record]).not.toContain(-1);
    for (const [at, why] of [
      [token + 20, /admin-token is not as it was written/],
      [record + 13, /damaged/],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const path = join(folder, 'changed.backup');
      await writeFile(path, changed);

      const checked = await stowage(storage, 'backup', 'check', path);
      const restored = await stowage(join(folder, 'changed'), 'backup', 'restore', path);

      expect(checked).toMatchObject({ code: 1, stderr: expect.stringMatching(why) });
      expect(restored).toMatchObject({ code: 1, stderr: expect.stringMatching(why) });
      expect(await readdir(join(folder, 'changed', '.stowage'))).toEqual(['lock.db']);
    }
  });

  test('that is another file is named so', async () => {
    const other = await stowage(storage, 'backup', 'check', join(import.meta.dirname, 'house.ts'));
    const catalog = await stowage(storage, 'backup', 'check', join(storage, '.stowage/catalog.db'));

    for (const ran of [other, catalog])
      expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('was not made by') });
  });

  test('is not restored over a service, unless it is to be set aside', async () => {
    const own = join(folder, 'own');
    const first = await ServerProcess.start(own);
    running.push(first);
    await copyFiles(own);

    const whileServed = await stowage(own, 'backup', 'restore', backup, '--replace');
    const { adminToken } = first;
    await running.pop()?.stop();
    const refused = await stowage(own, 'backup', 'restore', backup);
    const tokenAfterRefusal = first.adminToken;
    const replaced = await stowage(own, 'backup', 'restore', backup, '--replace');

    expect(whileServed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('stop it first'),
    });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/--replace/) });
    expect(tokenAfterRefusal).toBe(adminToken);
    expect(replaced).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/is kept as .*set-aside/),
    });
    expect(first.adminToken).toBe(server.adminToken);
    const names = await readdir(join(own, '.stowage'));
    expect(names.filter((name) => name.includes('set-aside')).length).toBeGreaterThanOrEqual(4);
    expect(await stowage(own, 'verify')).toMatchObject({ code: 0 });
  });

  test('restored without its files says which are missing and what to do', async () => {
    const restored = await stowage(join(folder, 'bare'), 'backup', 'restore', backup);

    expect(restored.code).toBe(1);
    expect(restored.stdout).toMatch(/missing: packages\/9\.0\.0\/tool\.bin/);
    expect(restored.stderr).toMatch(/copy the missing files to .*bare\/packages.*stowage verify/);
  });

  test('of a storage that has none is refused, and makes nothing', async () => {
    const ran = await stowage(join(folder, 'nowhere'), 'backup', 'x.backup');

    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no storage at'),
    });
    await expect(stat(join(folder, 'x.backup'))).rejects.toThrow('ENOENT');
  });
});
