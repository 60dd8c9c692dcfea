/** Two journeys from end to end, in the commands that people type: a desktop developer's, and a CLI vendor's. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { House } from '../cli/house.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs', 'clients');
const run = promisify(execFile);

let house: House;

beforeAll(async () => {
  house = await House.open({ PUBLIC_DOWNLOADS: 'true' });
});

afterAll(() => house.close());

async function stowage(...words: readonly string[]): Promise<string> {
  const ran = await house.stowage(words);
  expect({ words, ...ran }).toMatchObject({ code: 0 });
  return ran.stdout;
}

/** A folder with these files, each with its own name as content unless it says another. */
async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(house.folder, 'dist-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

async function get(path: string): Promise<string> {
  const response = await fetch(new URL(path, house.proxy.url));
  return response.ok ? response.text() : `${response.status}`;
}

describe('a desktop developer', () => {
  const release = (version: string) => ({
    [`App-${version}.exe`]: `installer ${version}`,
    [`App-${version}.exe.blockmap`]: `map ${version}`,
    'latest.yml': `version: ${version}\n`,
  });

  beforeAll(async () => {
    await stowage('push', await folderOf(release('0.3.0')), '--version', '0.3.0');
    await stowage('channel', 'set', 'stable', '0.3.0');
  });

  test('publishes, looks, hands out a link, promotes and goes back, in five commands', async () => {
    const dist = await folderOf(release('0.4.0'));

    const pushed = await stowage('push', dist, '--version', '0.4.0');
    expect(pushed).toContain(`${house.proxy.url}/packages/0.4.0/App-0.4.0.exe`);
    expect(await stowage('ls', '0.4.0')).toMatch(/App-0\.4\.0\.exe .*\n.*latest\.yml/s);
    const link = await stowage('link', '0.4.0/App-0.4.0.exe', '--expires', '7d', '--json');
    expect(await get(JSON.parse(link).url)).toBe('installer 0.4.0');
    await stowage('channel', 'set', 'stable', '0.4.0');
    expect(await get('/channels/stable/latest.yml')).toBe('version: 0.4.0\n');
    expect(await get('/channels/stable/App-0.3.0.exe.blockmap')).toBe('map 0.3.0');
    await stowage('channel', 'rollback', 'stable');
    expect(await get('/channels/stable/latest.yml')).toBe('version: 0.3.0\n');
    expect(await get('/channels/stable/App-0.4.0.exe')).toBe('installer 0.4.0');
  });
});

describe('a CLI vendor', () => {
  const TARGETS = [
    'linux-x64',
    'linux-arm64',
    'macos-x64',
    'macos-arm64',
    'windows-x64',
    'freebsd-x64',
  ] as const;
  let sums: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const files: Record<string, string | Buffer> = { 'tool-linux-riscv64': 'bare' };
    for (const target of TARGETS)
      files[`tool-1.4.0-${target}.${target.startsWith('windows') ? 'zip' : 'tar.gz'}`] =
        await archiveOf(target);
    const dist = await folderOf(files);
    await stowage('push', dist, '--version', '1.4.0');
    await stowage('channel', 'set', 'tools', '1.4.0');
    const text = await get('/channels/tools/SHA256SUMS');
    sums = new Map(
      text
        .trim()
        .split('\n')
        .map((line) => [line.slice(66), line.slice(0, 64)]),
    );
  });

  async function archiveOf(target: string): Promise<Buffer> {
    const folder = await mkdtemp(join(house.folder, 'tool-'));
    await mkdir(join(folder, 'tool-1.4.0'));
    const tool = join(folder, 'tool-1.4.0', 'tool');
    await writeFile(tool, `#!/bin/sh\necho 1.4.0 for ${target}\n`, { mode: 0o755 });
    await run('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', folder, 'tool-1.4.0']);
    return readFile(join(folder, 'a.tar.gz'));
  }

  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(house.folder, 'home-'));
  });

  test('pushes six archives and a bare binary, each found by its platform', async () => {
    expect(sums.size).toBe(7);
    for (const [os, arch, name] of [
      ['linux', 'amd64', 'tool-1.4.0-linux-x64.tar.gz'],
      ['darwin', 'aarch64', 'tool-1.4.0-macos-arm64.tar.gz'],
      ['windows', 'x64', 'tool-1.4.0-windows-x64.zip'],
      ['freebsd', 'x64', 'tool-1.4.0-freebsd-x64.tar.gz'],
      ['linux', 'riscv64', 'tool-linux-riscv64'],
    ] as const) {
      const response = await fetch(`${house.proxy.url}/channels/tools/for/${os}/${arch}`);
      expect(sha256Of(Buffer.from(await response.arrayBuffer()))).toBe(sums.get(name));
    }
  });

  test('has an install script that installs the tool', async () => {
    const script = await stowage('install-script', 'tools', '--name', 'tool');
    await writeFile(join(home, 'install.sh'), script);
    await run('sh', [join(home, 'install.sh')], { env: { ...process.env, HOME: home } });

    expect((await run(join(home, '.local', 'bin', 'tool'))).stdout).toMatch(/^1\.4\.0 for linux-/);
  });

  /** The example of a page, with the addresses of this service. */
  async function exampleOf(page: string, language: string): Promise<string> {
    const text = await readFile(join(DOCS, page), 'utf8');
    const [, block = ''] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text) ?? [];
    return block
      .replaceAll('https://releases.example.com', house.proxy.url)
      .replaceAll('/channels/stable', '/channels/tools');
  }

  async function requirePublished(url: string): Promise<void> {
    const name = new URL(url).pathname.split('/').at(-1) ?? '';
    const response = await fetch(url);
    expect([name, sha256Of(Buffer.from(await response.arrayBuffer()))]).toEqual([
      name,
      sums.get(name),
    ]);
  }

  test('has a Homebrew formula whose addresses lead to the published files', async () => {
    const formula = await exampleOf('homebrew.md', 'ruby');
    const urls = [...formula.matchAll(/^ {6}url "(.*)"$/gm)].map(([, url = '']) => url);

    expect(urls).toHaveLength(2);
    for (const url of urls) await requirePublished(url);
    const [, check = ''] = /livecheck do\n +url "(.*)"/.exec(formula) ?? [];
    expect(JSON.parse(await get(check))).toMatchObject({ versionId: '1.4.0' });
  });

  test('has a Scoop manifest whose addresses lead to the published files', async () => {
    const manifest = JSON.parse(await exampleOf('scoop.md', 'json'));
    const { version, architecture, checkver, autoupdate } = manifest;

    await requirePublished(architecture['64bit'].url);
    expect(JSON.parse(await get(checkver.url)).versionId).toBe(version);
    const updated = autoupdate.architecture['64bit'].url.replaceAll('$version', version);
    await requirePublished(updated);
    const baseurl = updated.slice(0, updated.lastIndexOf('/'));
    const hashes = await get(autoupdate.hash.url.replace('$baseurl', baseurl));
    expect(hashes).toContain('tool-1.4.0-windows-x64.zip');
  });
});
