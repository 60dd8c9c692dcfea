/** The folder in which `stowage serve` keeps its files, if STORAGE_LOCAL_PATH is not set. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { jsonLines, type Ran, runCli, temporaryFolder } from './house.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await temporaryFolder();
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

/** A server that stops as soon as it listens. */
function serve(env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return runCli(['serve'], {
    cwd,
    env: { PORT: '0', ...env },
    started: (child) => {
      if (child.stdout === null) throw new Error('the server has no stdout');
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('listens on')) child.kill('SIGTERM');
      });
    },
  });
}

function messagesIn({ stdout }: Ran): readonly string[] {
  return jsonLines<{ msg?: string }>(stdout).flatMap(({ msg }) => msg ?? []);
}

const FORMER = /^uses the storage in \.\/storage, the default of an earlier release/;

test('is ./stowage-data, and a folder ./storage with sources stays as it is', async () => {
  await mkdir(join(cwd, 'storage'));
  await writeFile(join(cwd, 'storage', 'disk.ts'), 'export {};\n');

  const ran = await serve();

  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(messagesIn(ran)).toContainEqual(
    expect.stringMatching(/keeps its files in \.\/stowage-data$/),
  );
  expect(messagesIn(ran)).not.toContainEqual(expect.stringMatching(FORMER));
  expect(existsSync(join(cwd, 'stowage-data', '.stowage', 'catalog.db'))).toBe(true);
  expect(await readdir(join(cwd, 'storage'))).toEqual(['disk.ts']);
});

test('is ./storage where an earlier release made it, and the log says so', async () => {
  await serve({ STORAGE_LOCAL_PATH: 'storage' });

  const ran = await serve();

  expect(ran.code).toBe(0);
  expect(messagesIn(ran)).toContainEqual(expect.stringMatching(/keeps its files in \.\/storage$/));
  expect(messagesIn(ran)).toContainEqual(expect.stringMatching(FORMER));
  expect(existsSync(join(cwd, 'stowage-data'))).toBe(false);
});

test('is ./stowage-data where both have a storage', async () => {
  await serve({ STORAGE_LOCAL_PATH: 'storage' });
  await serve({ STORAGE_LOCAL_PATH: 'stowage-data' });

  const ran = await serve();

  expect(messagesIn(ran)).toContainEqual(
    expect.stringMatching(/keeps its files in \.\/stowage-data$/),
  );
  expect(messagesIn(ran)).not.toContainEqual(expect.stringMatching(FORMER));
});

test('is not said to be of an earlier release where STORAGE_LOCAL_PATH names it', async () => {
  const ran = await serve({ STORAGE_LOCAL_PATH: './storage' });

  expect(messagesIn(ran)).toContainEqual(expect.stringMatching(/keeps its files in \.\/storage$/));
  expect(messagesIn(ran)).not.toContainEqual(expect.stringMatching(FORMER));
});
