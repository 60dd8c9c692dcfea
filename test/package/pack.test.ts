/** The packed package: what `npm pack` makes of this checkout runs elsewhere, compiled, under plain Node. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { wronglyInstalled } from '../../tools/release/installed.ts';
import { packagesOf, productionLock } from '../../tools/release/production-lock.ts';
import { makeSbom, readLock, type Sbom } from '../../tools/release/sbom.ts';
import { cleanEnvironment } from '../support/server-process.ts';

// All that it depends on is packed with it, and the machine may be busy.
jest.setTimeout(600_000);

const root = join(import.meta.dirname, '..', '..');

let folder: string;
/** Where npm has put the package. */
let home: string;
/** Its launcher there. */
let stowage: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-pack-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    stdio: 'pipe',
  });
  const filename = (await readdir(folder)).find((file) => file.endsWith('.tgz')) ?? '';
  await writeFile(join(folder, 'package.json'), '{ "name": "consumer", "private": true }');
  // With an empty cache and no registry: what the package does not bring along can't be had.
  const offline = ['--offline', '--cache', join(folder, 'cache'), '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...offline, join(folder, filename)], {
    cwd: folder,
    stdio: 'pipe',
  });
  home = join(folder, 'node_modules', 'stowage');
  stowage = join(home, 'bin', 'stowage.js');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(...words: readonly string[]): string {
  const options = { cwd: folder, env: cleanEnvironment(), encoding: 'utf8' } as const;
  return execFileSync(process.execPath, [stowage, ...words], options);
}

test('it holds compiled JavaScript with types, and no sources', () => {
  for (const path of [
    'dist/bin/stowage.js',
    'dist/client/stowage-client.js',
    'dist/client/stowage-client.d.ts',
  ]) {
    expect({ path, isThere: existsSync(join(home, path)) }).toEqual({ path, isThere: true });
  }
  for (const path of ['bin/stowage.ts', 'cli', 'core', 'test']) {
    expect({ path, isThere: existsSync(join(home, path)) }).toEqual({ path, isThere: false });
  }
});

describe('what it depends on', () => {
  const lock = productionLock(readLock(root));

  test('is installed in exactly the locked versions, without a registry', async () => {
    const there = (await readdir(home, { recursive: true }))
      .filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(path))
      .map((path) => path.slice(0, -'/package.json'.length));

    expect(wronglyInstalled(home, lock)).toEqual([]);
    expect(there.sort()).toEqual([...packagesOf(lock).keys()].sort());
  });

  test('is found to be wrong where it is missing or of another version', () => {
    const packages = {
      '': { version: '1' },
      'node_modules/none': { version: '1.0.0' },
      'node_modules/zod': { version: '0' },
    };

    expect(wronglyInstalled(home, { name: 'x', version: '1', packages })).toEqual([
      'node_modules/none: must be none@1.0.0, is missing',
      expect.stringMatching(/^node_modules\/zod: must be zod@0, is zod@\d/),
    ]);
  });

  test('is in its SBOM, with nothing beside', async () => {
    const sbom = JSON.parse(await readFile(join(home, 'sbom.cdx.json'), 'utf8')) as Sbom;
    const listed = sbom.components.map(({ name, version }) => `${name}@${version}`);

    expect(sbom.metadata.component).toMatchObject({ name: 'stowage', version: lock.version });
    expect(listed.sort()).toEqual([...new Set(packagesOf(lock).values())].sort());
    expect(sbom).toEqual(JSON.parse(JSON.stringify(makeSbom(root))));
  });

  test('names no machine and no registry that it came from', async () => {
    for (const path of ['package.json', 'sbom.cdx.json', 'node_modules/zod/package.json']) {
      expect(await readFile(join(home, path), 'utf8')).not.toMatch(
        /_resolved|registry\.npmjs|file:\/\/|\/home\//,
      );
    }
  });
});

test('it prints its version', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };

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
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: home,
    encoding: 'utf8',
  });

  expect(printed).toBe('http://house.test/packages/1.0.0/a.zip');
});
