/** The executable that brings its own Node: built twice, and on a Debian that has no Node. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { debianPackages } from '../../tools/servers/debian-packages.ts';
import { cleanEnvironment } from '../support/server-process.ts';

const root = join(import.meta.dirname, '..', '..');
const MIRROR = 'http://deb.debian.org/debian';
const PLATFORMS = ['linux-x64', 'linux-arm64'];
/** The number of the machine in the head of an ELF file. */
const MACHINE = { at: 18, arm64: 183 };

const folder = mkdtempSync(join(tmpdir(), 'stowage-binary-'));
const own = join(folder, 'stowage');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @param name also of the folder for drafts, of which nothing may be in what is built */
function build(name: string): string {
  const out = join(folder, name);
  const TMPDIR = join(folder, `${name}-drafts`);
  mkdirSync(TMPDIR);
  const words = [join(root, 'tools', 'build-binary.ts'), '--out', out];
  execFileSync(process.execPath, words, { stdio: 'pipe', env: { ...process.env, TMPDIR } });
  return out;
}

beforeAll(() => {
  copyFileSync(join(build('first'), 'stowage-linux-x64'), own);
});

test('two builds have the same bytes', () => {
  const second = build('second');

  for (const platform of PLATFORMS) {
    const [one, two] = ['first', 'second'].map((name) =>
      readFileSync(join(folder, name, `stowage-${platform}`)),
    );
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  }
  expect(readFileSync(join(second, 'stowage-linux-arm64')).readUInt16LE(MACHINE.at)).toBe(
    MACHINE.arm64,
  );
});

test('--version names the commit and the digest of the lock file', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bytes = readFileSync(join(root, 'package-lock.json'));
  const lock = createHash('sha256').update(bytes).digest('hex');
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });

  const printed = execFileSync(own, ['--version'], { encoding: 'utf8' });

  const expected = `${version} \\(commit ${commit.trim()}(-changed)?, package-lock.json sha256:${lock}\\)`;
  expect(printed.trim()).toMatch(new RegExp(`^${expected}$`));
});

describe('on a Debian without Node', () => {
  const debian = join(folder, 'debian');
  const token = () =>
    readFileSync(join(debian, 'srv', 'stowage', '.stowage', 'admin-token'), 'utf8').trim();
  let url: string;
  let server: ChildProcess | undefined;
  const logged: Record<string, unknown>[] = [];

  const inDebian = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    execFileSync('chroot', [debian, ...words], { encoding: 'utf8', env: cleanEnvironment(env) });
  const stowage = (...words: readonly string[]) =>
    inDebian(['stowage', ...words], { STOWAGE_URL: url, STOWAGE_TOKEN: token() });

  beforeAll(async () => {
    await debianPackages('debootstrap', ['debootstrap'], ['debootstrap']).install();
    execFileSync('debootstrap', ['--variant=minbase', 'bookworm', debian, MIRROR], {
      stdio: 'pipe',
    });
    const installed = join(debian, 'usr', 'local', 'bin', 'stowage');
    copyFileSync(own, installed);
    chmodSync(installed, 0o755);
    const started = spawn('chroot', [debian, 'stowage', 'serve', '--workers', '2'], {
      env: cleanEnvironment({ STORAGE_LOCAL_PATH: '/srv/stowage', PORT: '0' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    server = started;
    url = await new Promise<string>((resolve, reject) => {
      started.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
      createInterface({ input: started.stdout }).on('line', (line) => {
        const entry = JSON.parse(line) as Record<string, unknown>;
        logged.push(entry);
        if (typeof entry['url'] === 'string') resolve(entry['url']);
      });
    });
  });
  afterAll(async () => {
    if (server === undefined || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill();
    await ended;
  });

  test('there is no Node', () => {
    expect(() => inDebian(['sh', '-c', 'command -v node'])).toThrow();
  });

  test('it serves with workers, pushes large files, which threads hash, and pulls them', () => {
    inDebian(['sh', '-c', 'head -c 80000000 /dev/urandom > /tmp/large.bin']);

    stowage('push', '/tmp/large.bin', '--version', '1.0.0');
    stowage('pull', '1.0.0/large.bin', '--out', '/tmp/pulled');

    inDebian(['cmp', '/tmp/large.bin', '/tmp/pulled/large.bin']);
    expect(logged.map(({ msg }) => msg)).toContain('a worker answers');
  });

  test('doctor finds that the disk keeps every promise that is needed', () => {
    const printed = inDebian(['stowage', 'doctor'], { STORAGE_LOCAL_PATH: '/srv/other' });

    expect(printed).toContain('not kept and needed: 0');
  });

  test('it makes a backup, and restores it elsewhere', () => {
    const at = (STORAGE_LOCAL_PATH: string) => ({ STORAGE_LOCAL_PATH });
    inDebian(['stowage', 'backup', '/tmp/one.backup'], at('/srv/stowage'));
    inDebian(['sh', '-c', 'mkdir /srv/elsewhere && cp -r /srv/stowage/packages /srv/elsewhere']);

    const words = ['stowage', 'backup', 'restore', '/tmp/one.backup'];
    const restored = inDebian(words, at('/srv/elsewhere'));

    expect(restored).toContain('package files: 1 ok, 0 missing, 0 corrupt, 0 unowned');
  });

  test('it has the console and what it needs', async () => {
    const page = await (await fetch(`${url}/console/`)).text();
    const [, script = ''] = /src="([^"]+\.js)"/.exec(page) ?? [];

    const answer = await fetch(new URL(script, `${url}/console/`));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('javascript');
  });

  test('it logs no fault, and stops when it is asked', async () => {
    if (server === undefined) throw new Error('the server has not started');
    const ended = once(server, 'exit');
    server.kill();

    expect(await ended).toEqual([0, null]);
    expect(logged.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });
});
