/** The installer that `stowage install-script` prints, run as users run it: by a POSIX shell, in an empty home. */
import { type ExecFileException, execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { installScript } from '../../cli/install/script.ts';
import { shellcheck, shellcheckProgram } from '../../tools/servers/shellcheck.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House } from './house.ts';

const run = promisify(execFile);
const PLATFORM = ['--os', 'linux', '--libc', 'gnu', '--arch', archOfThisMachine()];

let house: House;
let home: string;

beforeAll(async () => {
  house = await House.open();
  await publish('1.0.0', 'tool-1.0.0.tar.gz', 'first');
  await publish('1.1.0', 'tool-1.1.0.tar.gz', 'second');
  await stowage('channel', 'set', 'stable', '1.0.0', '--public');
});

afterAll(() => house.close());

beforeEach(async () => {
  home = await mkdtemp(join(house.folder, 'home-'));
});

function archOfThisMachine(): string {
  return process.arch === 'arm64' ? 'arm64' : 'x64';
}

async function stowage(...words: readonly string[]): Promise<string> {
  const ran = await house.stowage(words);
  expect(ran).toMatchObject({ code: 0 });
  return ran.stdout;
}

/** An archive with a command that says `word`, in a folder of the archive as packers make them. */
async function publish(version: string, filename: string, word: string): Promise<void> {
  const folder = await mkdtemp(join(house.folder, 'release-'));
  await mkdir(join(folder, 'tool-x'));
  await writeFile(join(folder, 'tool-x', 'tool'), `#!/bin/sh\necho ${word}\n`, { mode: 0o755 });
  await run('tar', ['-czf', join(folder, filename), '-C', folder, 'tool-x']);
  await stowage('push', join(folder, filename), '--version', version, ...PLATFORM);
}

async function script(channel = 'stable', url = house.proxy.url): Promise<string> {
  const path = join(home, 'install.sh');
  await writeFile(path, installScript({ url, channel, name: 'tool' }));
  return path;
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runShell(
  shell: string,
  path: string,
  env: Readonly<Record<string, string>> = {},
  ...words: readonly string[]
): Promise<Ran> {
  const options = { cwd: home, env: { HOME: home, PATH: process.env['PATH'] ?? '', ...env } };
  try {
    return { code: 0, ...(await run(shell, [path, ...words], options)) };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as ExecFileException;
    return { code: Number(code), stdout, stderr };
  }
}

function placeOf(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

const PROGRAMS =
  'sh uname mktemp rm sed head tail cut tr sha256sum mkdir tar gzip find mv cp chmod cat';

/** A PATH with the programs that the script needs, with `wget` as the only one that downloads. */
async function pathWith(wget: string): Promise<string> {
  const bin = await mkdtemp(join(house.folder, 'bin-'));
  for (const program of PROGRAMS.split(' '))
    await symlink(placeOf(program) ?? '', join(bin, program));
  await symlink(wget, join(bin, 'wget'));
  return bin;
}

/** A PATH on which `uname -s` and `uname -m` say this. */
async function pathOfComputer(os: string, arch: string): Promise<string> {
  const bin = await mkdtemp(join(house.folder, 'bin-'));
  const uname = `#!/bin/sh\n[ "$1" = -s ] && echo ${os} || echo ${arch}\n`;
  await writeFile(join(bin, 'uname'), uname, { mode: 0o755 });
  return `${bin}${delimiter}${process.env['PATH']}`;
}

describe.each(['dash', 'bash'])('in %s', (shell) => {
  test('installs the command of the channel, and its next version over it', async () => {
    const path = await script();
    const tool = join(home, '.local', 'bin', 'tool');

    const first = await runShell(shell, path);
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toContain(`installed ${tool} from tool-1.0.0.tar.gz`);
    expect(first.stderr).toContain('add it to your PATH');
    expect((await run(tool)).stdout).toBe('first\n');

    await stowage('channel', 'set', 'stable', '1.1.0');
    const inPath = { PATH: `${join(home, '.local', 'bin')}:${process.env['PATH']}` };
    const second = await runShell(shell, path, inPath);
    expect(second.stderr).not.toContain('add it to your PATH');
    expect((await run(tool)).stdout).toBe('second\n');
    expect(await readdir(join(home, '.local', 'bin'))).toEqual(['tool']);
    expect(statSync(tool).mode & 0o777).toBe(0o755);
    await stowage('channel', 'set', 'stable', '1.0.0');
  });

  test('installs an earlier version of the channel if --version names it', async () => {
    const channel = `pinned-${shell}`;
    await stowage('channel', 'set', channel, '1.0.0');
    await stowage('channel', 'set', channel, '1.1.0');
    const path = await script(channel);
    const tool = join(home, '.local', 'bin', 'tool');
    const token = { STOWAGE_TOKEN: house.server.adminToken };

    expect(await runShell(shell, path, token, '--version', '1.0.0')).toMatchObject({ code: 0 });
    expect((await run(tool)).stdout).toBe('first\n');
    await stowage('channel', 'set', channel, '1.1.0', '--public');
    expect(await runShell(shell, path, {}, '--version=1.1.0')).toMatchObject({ code: 0 });
    expect((await run(tool)).stdout).toBe('second\n');
    expect(await runShell(shell, path, {}, '--version=1.0.0')).toMatchObject({ code: 0 });
    expect((await run(tool)).stdout).toBe('first\n');
  });

  test.each([
    [['--version', '9.9.9'], 1, 'there is no channel stable'],
    [['--version', '$(touch x)'], 1, '--version must be a version such as 1.4.0'],
    [['--version='], 1, '--version must be a version such as 1.4.0'],
    [['--version'], 1, '--version must be a version such as 1.4.0'],
    [['--prefix', '/usr'], 1, 'there is no option --prefix, only --version VERSION'],
  ])('says of %j what is wrong', async (words, code, message) => {
    const ran = await runShell(shell, await script(), {}, ...words);

    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(message);
    expect(await readdir(home)).toEqual(['install.sh']);
  });

  test('installs a bare binary, where INSTALL_DIR says', async () => {
    await house.write('tool-bare', '#!/bin/sh\necho bare\n');
    await stowage('push', house.path('tool-bare'), '--version', `bare-${shell}`, ...PLATFORM);
    await stowage('channel', 'set', 'bare', `bare-${shell}`, '--public');

    const ran = await runShell(shell, await script('bare'), { INSTALL_DIR: join(home, 'a b') });

    expect(ran).toMatchObject({ code: 0 });
    expect((await run(join(home, 'a b', 'tool'))).stdout).toBe('bare\n');
  });

  test('takes a token where downloads are not public, and shows it to no other process', async () => {
    await stowage('channel', 'set', 'closed', '1.0.0');
    const path = await script('closed');

    const refused = await runShell(shell, path);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('if it asks for a token, set STOWAGE_TOKEN');
    expect(existsSync(join(home, '.local'))).toBe(false);
    const token = { STOWAGE_TOKEN: house.server.adminToken };
    expect(await runShell(shell, path, token)).toMatchObject({ code: 0 });
  });

  test('says which files there are if none is for this computer', async () => {
    await house.write('tool.exe', 'x');
    await stowage('push', house.path('tool.exe'), '--version', `win-${shell}`, '--arch', 'x64');
    await stowage('channel', 'set', 'win', `win-${shell}`, '--public');

    const ran = await runShell(shell, await script('win'));

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      /has these files:\n {2}tool\.exe\n.*none of them is the one for linux\//,
    );
  });

  test('installs nothing whose checksum is not in SHA256SUMS', async () => {
    const other = await serve((path) =>
      path.endsWith('/SHA256SUMS') ? `${sha256Of('right')}  tool\n` : 'wrong',
    );
    const { port } = other.address() as AddressInfo;

    const ran = await runShell(shell, await script('stable', `http://127.0.0.1:${port}`));
    other.close();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`its SHA-256 is ${sha256Of('wrong')}`);
    expect(await readdir(home)).toEqual(['install.sh']);
  });
});

test('wget does where there is no curl, with a token too', async () => {
  const wget = placeOf('wget');
  if (wget === undefined) throw new Error('wget is not installed');
  const token = { STOWAGE_TOKEN: house.server.adminToken };
  await stowage('channel', 'set', 'closed', '1.0.0');

  const ran = await runShell('/bin/sh', await script('closed'), {
    PATH: await pathWith(wget),
    ...token,
  });

  expect(ran).toMatchObject({ code: 0 });
  expect((await run(join(home, '.local', 'bin', 'tool'))).stdout).toBe('first\n');
});

const busybox = placeOf('busybox');
if (busybox === undefined) {
  test.skip('BusyBox is not installed: its wget is not tried', () => {});
} else {
  test('the wget of BusyBox does where there is no curl', async () => {
    const env = { PATH: await pathWith(busybox) };

    const ran = await runShell('/bin/sh', await script(), env);

    expect(ran).toMatchObject({ code: 0 });
    expect((await run(join(home, '.local', 'bin', 'tool'))).stdout).toBe('first\n');
  });

  test('says that the wget of BusyBox would show the token, and installs nothing', async () => {
    const token = { STOWAGE_TOKEN: house.server.adminToken };

    const ran = await runShell('/bin/sh', await script(), {
      PATH: await pathWith(busybox),
      ...token,
    });

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('install curl');
    expect(ran.stderr).not.toContain(house.server.adminToken);
    expect(await readdir(home)).toEqual(['install.sh']);
  });
}

test.each([
  ['SunOS', 'x86_64', 'SunOS/x64'],
  ['Linux', 's390x', 'linux/s390x'],
  ['MINGW64_NT-10.0', 'x86_64', 'MINGW64_NT-10.0/x64'],
])('says on %s with %s which files there are', async (os, arch, platform) => {
  const env = { PATH: await pathOfComputer(os, arch) };

  const ran = await runShell('dash', await script(), env);

  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('has these files:\n  tool-1.0.0.tar.gz\n');
  expect(ran.stderr).toContain(`this script knows no file for ${platform}; get one from`);
});

describe.each([
  ['curl', () => process.env['PATH'] ?? ''],
  ['wget', () => pathWith(placeOf('wget') ?? '')],
  ...(busybox === undefined ? [] : [['BusyBox', () => pathWith(busybox)] as const]),
])('with %s', (_fetcher, path) => {
  test.each([
    ['SHA256SUMS', 503, 'answered with status 503'],
    ['for/', 500, 'answered with status 500'],
    ['SHA256SUMS', 404, 'there is no channel stable'],
    ['SHA256SUMS', 401, 'set STOWAGE_TOKEN'],
  ])('says of %s that it was answered with %i', async (part, status, message) => {
    const other = createServer((request, response) => {
      if (request.url?.includes(part)) response.writeHead(status).end('no');
      else response.end(`${sha256Of('tool')}  tool\n`);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;

    const at = await script('stable', `http://127.0.0.1:${port}`);
    const ran = await runShell('/bin/sh', at, { PATH: await path() });
    other.close();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).not.toContain('none of them is the one for');
    expect(await readdir(home)).toEqual(['install.sh']);
  });
});

/** Publishes files, each with its content, as version and channel `name`. */
async function publishFolder(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = await mkdtemp(join(house.folder, 'folder-'));
  for (const [filename, content] of Object.entries(files))
    await writeFile(join(folder, filename), content);
  await stowage('push', folder, '--version', name);
  await stowage('channel', 'set', name, name, '--public');
}

const RUST_ARCH = archOfThisMachine() === 'arm64' ? 'aarch64' : 'x86_64';
const DEB_ARCH = archOfThisMachine() === 'arm64' ? 'arm64' : 'amd64';

test('takes a file for musl where there is none for the C library of the computer', async () => {
  const musl = { [`tool-${RUST_ARCH}-unknown-linux-musl`]: 'musl' };
  await publishFolder('musl-only', musl);
  await publishFolder('both', { ...musl, [`tool-${RUST_ARCH}-unknown-linux-gnu`]: 'gnu' });

  const tool = join(home, '.local', 'bin', 'tool');
  expect(await runShell('dash', await script('musl-only'))).toMatchObject({ code: 0 });
  expect(await readFile(tool, 'utf8')).toBe('musl');
  expect(await runShell('dash', await script('both'))).toMatchObject({ code: 0 });
  expect(await readFile(tool, 'utf8')).toBe('gnu');
});

test('takes the program from an archive, not its completions', async () => {
  const folder = await mkdtemp(join(house.folder, 'release-'));
  for (const [part, mode] of [
    ['completions', 0o644],
    ['bin', 0o755],
  ] as const) {
    await mkdir(join(folder, part));
    await writeFile(join(folder, part, 'tool'), part, { mode });
  }
  const archive = join(folder, `tool-linux-${archOfThisMachine()}.tar.gz`);
  await run('tar', ['-czf', archive, '-C', folder, 'completions', 'bin']);
  await stowage('push', archive, '--version', 'completions');
  await stowage('channel', 'set', 'completions', 'completions', '--public');

  expect(await runShell('dash', await script('completions'))).toMatchObject({ code: 0 });
  expect(await readFile(join(home, '.local', 'bin', 'tool'), 'utf8')).toBe('bin');
});

test.each([`tool_1_${DEB_ARCH}.deb`, `tool-linux-${archOfThisMachine()}.tar.zst`])(
  'does not install %s as if it were the command',
  async (filename) => {
    const channel = filename.endsWith('.deb') ? 'deb-only' : 'zst-only';
    await publishFolder(channel, { [filename]: 'x' });

    const ran = await runShell('dash', await script(channel));

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`${house.proxy.url}/channels/${channel}/${filename}`);
    expect(await readdir(home)).toEqual(['install.sh']);
  },
);

test('takes a bare binary with a version in its name, though a .deb is beside it', async () => {
  const bare = `tool-1.4.0-linux-${archOfThisMachine()}`;
  await publishFolder('dotted', { [bare]: 'bare', [`tool_1_${DEB_ARCH}.deb`]: 'deb' });

  expect(await runShell('dash', await script('dotted'))).toMatchObject({ code: 0 });
  expect(await readFile(join(home, '.local', 'bin', 'tool'), 'utf8')).toBe('bare');
});

test('refuses a folder where the command should be', async () => {
  const tool = join(home, '.local', 'bin', 'tool');
  await mkdir(tool, { recursive: true });

  const ran = await runShell('dash', await script());

  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain(`${tool} is a folder`);
  expect(await readdir(tool)).toEqual([]);
});

test('says that a token was not taken, and not that one is needed', async () => {
  const token = { STOWAGE_TOKEN: `stw_aaaaaaaa_${'a'.repeat(43)}` };

  const ran = await runShell('dash', await script(), token);

  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('check STOWAGE_TOKEN');
  expect(ran.stderr).not.toContain('aaaaaaaa');
});

test('a script that was cut off on its way does nothing', async () => {
  const whole = await readFile(await script(), 'utf8');
  const lines = whole.split('\n');
  const cut = join(home, 'cut.sh');
  for (const count of [10, 20, 40, 80, lines.length - 2]) {
    await writeFile(cut, lines.slice(0, count).join('\n'));
    await runShell('dash', cut);
  }

  await rm(cut);
  expect(await readdir(home)).toEqual(['install.sh']);
});

describe('the command', () => {
  test('prints the script for the service that it asked', async () => {
    const out = await stowage('install-script', 'stable', '--name', 'tool');

    expect(out).toBe(installScript({ url: house.proxy.url, channel: 'stable', name: 'tool' }));
  });

  test.each([
    [['stable', '--name', '../x'], 2, '--name must be'],
    [['stable', '--name', "a'b"], 2, '--name must be'],
    [['none', '--name', 'tool'], 1, 'there is no channel none'],
    [['stable'], 2, '--name'],
  ])('install-script %j ends with %i', async (words, code, message) => {
    const ran = await house.stowage(['install-script', ...words]);

    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(message);
  });

  test('says if no file of the channel is for a platform', async () => {
    await house.write('notes.txt', 'x');
    await stowage('push', house.path('notes.txt'), '--version', 'notes');
    await stowage('channel', 'set', 'notes', 'notes');

    const ran = await house.stowage(['install-script', 'notes', '--name', 'tool']);

    expect(ran.stderr).toContain('says which computer it is for');
  });

  test('quotes a URL for the shell', async () => {
    const url = "http://127.0.0.1:1/a'$(touch pwned)";
    await runShell('dash', await script('stable', url));

    expect(await readdir(home)).toEqual(['install.sh']);
  });
});

if (shellcheck.isThere()) {
  test('ShellCheck finds nothing in it', async () => {
    const found = await run(shellcheckProgram(), ['--shell=sh', '--format=gcc', await script()]);

    expect(found.stdout).toBe('');
  });
} else {
  test.skip('ShellCheck is not installed: the script is not checked by it', () => {});
}

async function serve(bodyOf: (path: string) => string): Promise<Server> {
  const server = createServer((request, response) => response.end(bodyOf(request.url ?? '')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
