/**
 * The packed package: what `npm pack` makes of this checkout runs elsewhere, compiled, under plain
 * Node, the oldest that is supported included.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { wronglyInstalled } from '../../tools/release/installed.ts';
import { packagesOf, productionLock } from '../../tools/release/production-lock.ts';
import { makeSbom, readLock, type Sbom } from '../../tools/release/sbom.ts';
import { recordModules } from '../support/module-recorder.ts';
import { NODE_22 } from '../support/node-22.ts';
import { cleanEnvironment } from '../support/server-process.ts';
import { installPackage } from './install-package.ts';

const root = join(import.meta.dirname, '..', '..');

let folder: string;
/** Where npm has put the package. */
let home: string;
/** Its launcher there. */
let stowage: string;
/** What npm printed when it installed the package under Node 22. */
let installed: { readonly status: number | null; readonly stderr: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-pack-'));
  ({ home, installed } = await installPackage(folder));
  stowage = join(home, 'bin', 'stowage.js');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(...words: readonly string[]): string {
  const options = { cwd: folder, env: cleanEnvironment(), encoding: 'utf8' } as const;
  return execFileSync(process.execPath, [stowage, ...words], options);
}

test('it is installed under Node 22 without a warning', () => {
  expect(installed).toMatchObject({ status: 0, stderr: '' });
});

test('it holds compiled JavaScript with types, and no sources', () => {
  for (const path of [
    'dist/program/stowage.js',
    'dist/client/stowage-client.js',
    'dist/client/stowage-client.d.ts',
    'dist/client/uppy/stowage-uppy.js',
    'dist/client/uppy/stowage-uppy.d.ts',
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

describe.each([
  ['22.13', NODE_22],
  ['24', process.execPath],
])('under Node %s', (version, node) => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await mkdtemp(join(folder, 'node-'));
  });

  function runThere(...words: readonly string[]) {
    const options = { cwd, env: cleanEnvironment({ PORT: '0' }), encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(node, [stowage, ...words], options);
    return { status, stdout, stderr };
  }

  test('it serves, pushes, lists, pulls and verifies without a warning', async () => {
    await writeFile(join(cwd, 'hello.txt'), 'hello');
    const server = spawn(node, [stowage, 'serve'], {
      cwd,
      env: cleanEnvironment({ PORT: '0' }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(server, 'exit');
    const complaints = text(server.stderr);
    try {
      await once(createInterface({ input: server.stdout }), 'line');
      const fine = (stdout: string) => ({
        status: 0,
        stdout: expect.stringContaining(stdout),
        stderr: '',
      });

      expect(runThere('push', 'hello.txt', '--version', '1.0.0')).toEqual(fine('pushed'));
      expect(runThere('ls', '1.0.0')).toEqual(fine('hello.txt'));
      expect(runThere('pull', '1.0.0/hello.txt', '--out', 'downloads')).toEqual(fine('pulled'));
      expect(await readFile(join(cwd, 'downloads', 'hello.txt'), 'utf8')).toBe('hello');
      expect(runThere('verify')).toEqual(fine('1 ok'));
      expect(runThere('serve')).toEqual({
        status: 1,
        stdout: '',
        stderr: expect.stringContaining('in use by another server'),
      });
    } finally {
      server.kill('SIGTERM');
      await ended;
    }
    expect(await complaints).toBe('');
    expect(server.exitCode).toBe(0);
  });

  test('that is the Node that runs', () => {
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(`v${version}.`);
  });
});

test.each(['18.20.8', '22.12.0', '23.3.0'])('it says what it needs under Node %s', (version) => {
  const ran = spawnSync(process.execPath, [...pretend(version), stowage, '--version'], {
    encoding: 'utf8',
  });

  expect(ran).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `stowage needs Node 22.13 or newer (of Node 23: 23.4), this is v${version}; install a newer Node from https://nodejs.org\n`,
  });
});

/** Lets Node report another version. */
function pretend(version: string): readonly string[] {
  const script = `Object.defineProperties(process, {
    version: { value: 'v${version}' },
    versions: { value: { ...process.versions, node: '${version}' } } });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}

/** What a module prints that imports from the package by name. */
function printedBy(script: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: home,
    encoding: 'utf8',
  });
}

test('its client is imported by name', () => {
  const printed = printedBy(`
    import { StowageClient } from 'stowage/client';
    process.stdout.write(new StowageClient({ url: 'http://house.test' }).stableUrl('1.0.0', 'a.zip'));`);

  expect(printed).toBe('http://house.test/packages/1.0.0/a.zip');
});

test('its client brings the uploader, the digest and the error for pages', () => {
  const printed = printedBy(`
    import { createUploader, isStowageError, sha256OfFile, StowageError } from 'stowage/client';
    createUploader({ url: 'http://house.test', getToken: () => 'stw_x' });
    const isOwn = isStowageError(new StowageError('NOT_FOUND', 'none'), 'NOT_FOUND');
    process.stdout.write([await sha256OfFile(new Blob(['abc'])), isOwn].join(' '));`);

  expect(printed).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad true');
});

test('the hashing worker of its client is one file, named as bundlers expect, with licences', async () => {
  const folder = join(home, 'dist', 'client', 'hashing');
  const worker = await readFile(join(folder, 'hash-worker.js'), 'utf8');
  const starter = await readFile(join(folder, 'start-worker.js'), 'utf8');
  const licences = await readFile(join(folder, 'THIRD-PARTY-LICENSES.md'), 'utf8');

  expect(worker).not.toMatch(/\bimport\b|\brequire\(/);
  expect(worker.length).toBeLessThan(40_000);
  expect(starter).toContain("new Worker(new URL('./hash-worker.js', import.meta.url), {");
  expect(licences).toMatch(/^## hash-wasm 4/m);
});

test('its server has the console, with the licences of what is in it', async () => {
  const folder = join(home, 'dist', 'web', 'console', 'built');
  const licences = await readFile(join(folder, 'THIRD-PARTY-LICENSES.md'), 'utf8');
  const cwd = await mkdtemp(join(tmpdir(), 'stowage-console-'));
  const server = spawn(process.execPath, [stowage, 'serve'], {
    cwd,
    env: cleanEnvironment({ PORT: '0' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  try {
    const url = await addressIn(server.stdout);
    const page = await fetch(`${url}/console/`);
    const [script] = /main-\w+\.js/.exec(await page.text()) ?? [];

    expect(page.status).toBe(200);
    expect((await fetch(`${url}/console/${script}`)).status).toBe(200);
    expect(licences).toMatch(/^## preact /m);
  } finally {
    server.kill('SIGTERM');
    await ended;
    await rm(cwd, { recursive: true, force: true });
  }
});

/** Where a server says that it listens. */
async function addressIn(output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the server ended');
}

test('a command loads a handful of files, and no package', () => {
  const recorder = recordModules(folder);
  const env = cleanEnvironment({ ...recorder.env, HOME: folder });
  // Nothing listens there, which a command finds out when it has loaded everything.
  const words = ['ls', '--url', 'http://127.0.0.1:1', '--token-file', 'token'];
  writeFileSync(join(folder, 'token'), 'stw_token');
  spawnSync(process.execPath, [stowage, ...words], { cwd: folder, env });
  const files = recorder.read().files.map((url) => url.slice(pathToFileURL(home).href.length + 1));

  expect(files.length).toBeLessThan(10);
  expect(files).toContain('dist/program/stowage.js');
  expect(files.filter((file) => file.includes('node_modules'))).toEqual([]);
});

test('its bundled program comes with the licences of what is in it', async () => {
  const page = await readFile(join(home, 'dist', 'program', 'THIRD-PARTY-LICENSES.md'), 'utf8');

  expect(page).toMatch(/^## commander \d[\s\S]*MIT/m);
  expect(page).toMatch(/^## is-network-error /m);
});

test('its bundles of functions come with the licences of what is in them', async () => {
  const page = await readFile(join(home, 'dist', 'functions', 'THIRD-PARTY-LICENSES.md'), 'utf8');

  expect(page).toMatch(/^## zod 4\.[\s\S]*MIT/m);
  expect(page).toMatch(/^## content-disposition \d[\s\S]*MIT/m);
});
