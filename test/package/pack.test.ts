/** The packed package: what `npm pack` makes of this checkout runs elsewhere, compiled, under plain Node. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { cleanEnvironment } from '../support/server-process.ts';

jest.setTimeout(120_000);

const root = join(import.meta.dirname, '..', '..');

let folder: string;
/** The launcher of the unpacked package, where npm would have put it. */
let stowage: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-pack-'));
  const packed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // What prepack prints comes before npm's JSON.
  const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('[\n'))) as [{ filename: string }];
  await mkdir(join(folder, 'node_modules'));
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', join(folder, 'node_modules')]);
  const home = join(folder, 'node_modules', 'package');
  // Its dependencies are those of this checkout: the registry is no part of the test.
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
  stowage = join(home, 'bin', 'stowage.js');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(...words: readonly string[]): string {
  const options = { cwd: folder, env: cleanEnvironment(), encoding: 'utf8' } as const;
  return execFileSync(process.execPath, [stowage, ...words], options);
}

test('it holds compiled JavaScript with types, and no sources', () => {
  const home = join(stowage, '..', '..');

  for (const path of ['dist/bin/stowage.js', 'dist/client/stowage-client.js', 'dist/client/stowage-client.d.ts']) {
    expect({ path, isThere: existsSync(join(home, path)) }).toEqual({ path, isThere: true });
  }
  for (const path of ['bin/stowage.ts', 'cli', 'core', 'test']) {
    expect({ path, isThere: existsSync(join(home, path)) }).toEqual({ path, isThere: false });
  }
});

test('it tells its version', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

  expect(run('--version')).toBe(`${version}\n`);
});

test('it serves, pushes and pulls', async () => {
  await writeFile(join(folder, 'hello.txt'), 'hello');
  const server = spawn(process.execPath, [stowage, 'serve'], {
    cwd: folder,
    env: cleanEnvironment({ PORT: '0' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  try {
    await once(createInterface({ input: server.stdout }), 'line');

    run('push', 'hello.txt', '--version', '1.0.0');
    run('pull', '1.0.0/hello.txt', '--out', 'downloads');

    expect(await readFile(join(folder, 'downloads', 'hello.txt'), 'utf8')).toBe('hello');
    expect(run('verify')).toContain('1 ok');
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
  expect(server.exitCode).toBe(0);
});

test('its client is imported by name', () => {
  const script = `
    import { StowageClient } from 'stowage/client';
    process.stdout.write(new StowageClient({ url: 'http://house.test' }).stableUrl('1.0.0', 'a.zip'));`;
  const home = join(stowage, '..', '..');

  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: home,
    encoding: 'utf8',
  });

  expect(printed).toBe('http://house.test/packages/1.0.0/a.zip');
});
