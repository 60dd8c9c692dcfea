/** Where the CLI finds the service and the token. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  type FileHandle,
  mkdir,
  open,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { findServer } from '../../cli/connection/find-server.ts';
import { runCli, temporaryFolder } from './house.ts';
import { Meddler } from './meddler.ts';

let folder: string;
let service: Meddler;
const held: FileHandle[] = [];
beforeEach(async () => {
  folder = await temporaryFolder();
  service = await Meddler.listen();
  service.decide = () => ({ status: 401, headers: { 'content-type': 'application/problem+json' } });
});
afterEach(async () => {
  await service.close();
  for (const file of held.splice(0)) await file.close();
  await rm(folder, { recursive: true, force: true });
});

/** Where env-paths looks on this platform, below a home of our own. */
function configFile(): string {
  const places: { readonly [platform in NodeJS.Platform]?: string } = {
    darwin: 'Library/Preferences/stowage',
    win32: 'AppData/Roaming/stowage/Config',
  };
  return join(folder, places[process.platform] ?? 'config/stowage', 'config.json');
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
}

/** What a server that runs in this process would leave, its lock held open. */
async function putServer(
  storage: string,
  about: { url?: string; pid?: number } = {},
): Promise<void> {
  const own = join(folder, storage, '.stowage');
  await put(
    join(own, 'server.json'),
    JSON.stringify({ url: service.url, pid: process.pid, ...about }),
  );
  await put(join(own, 'admin-token'), 'stw_local\n');
  held.push(await open(join(own, 'lock.db'), 'w'));
}

/** The id of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

function ls(env: Readonly<Record<string, string>> = {}, ...words: readonly string[]) {
  return runCli(['ls', ...words], { cwd: folder, env });
}

/** Of the request that came. */
function tokenSent(): string | undefined {
  return service.seen[0]?.headers.authorization;
}

describe('the token', () => {
  test('is taken from the environment before all files', async () => {
    await put(configFile(), JSON.stringify({ url: service.url, token: 'stw_config' }));
    await put(join(folder, 'stowage-data/.stowage/admin-token'), 'stw_local\n');

    await ls({ STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_environment' });

    expect(tokenSent()).toBe('Bearer stw_environment');
  });

  test('is taken from --token-file before all', async () => {
    await put(join(folder, 'token'), 'stw_file\n');

    await ls(
      { STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_environment' },
      '--token-file',
      'token',
    );

    expect(tokenSent()).toBe('Bearer stw_file');
  });

  test('is taken from the config file, with the URL', async () => {
    await put(configFile(), JSON.stringify({ url: service.url, token: 'stw_config' }));

    await ls();

    expect(tokenSent()).toBe('Bearer stw_config');
  });

  test('is taken from what a server on this machine left, with its URL', async () => {
    await putServer('data');

    await ls({ STORAGE_LOCAL_PATH: 'data' });

    expect(tokenSent()).toBe('Bearer stw_local');
  });

  test.each(['stowage-data', 'storage'])('is taken from a server in ./%s', async (storage) => {
    await putServer(storage);

    await ls();

    expect(tokenSent()).toBe('Bearer stw_local');
  });

  test.each([
    ['stowage-data', 'storage'],
    ['storage', 'stowage-data'],
  ])('is taken from a server in ./%s where one in ./%s has ended', async (running, ended) => {
    await putServer(running);
    await putServer(ended, { pid: await endedProcess() });
    await put(join(folder, ended, '.stowage/admin-token'), 'stw_ended\n');

    await ls();

    expect(tokenSent()).toBe('Bearer stw_local');
  });

  test('is the one of the server that STOWAGE_URL names where two run', async () => {
    await putServer('stowage-data', { url: 'http://127.0.0.1:1' });
    await put(join(folder, 'stowage-data/.stowage/admin-token'), 'stw_other\n');
    await putServer('storage');

    await ls({ STOWAGE_URL: service.url });

    expect(tokenSent()).toBe('Bearer stw_local');
  });

  test('of a server in ./storage is not used where STORAGE_LOCAL_PATH names another folder', async () => {
    await putServer('storage');

    const ran = await ls({ STORAGE_LOCAL_PATH: 'data', STOWAGE_URL: service.url });

    expect(ran.stderr).toContain('this needs a token');
    expect(service.seen).toEqual([]);
  });

  test('of a server on this machine is sent where STOWAGE_URL names the same server', async () => {
    await putServer('stowage-data');

    await ls({ STOWAGE_URL: service.url.replace('127.0.0.1', 'localhost') });

    expect(tokenSent()).toBe('Bearer stw_local');
  });

  test('of one service is not sent to another', async () => {
    await put(configFile(), JSON.stringify({ url: 'https://stowage.test', token: 'stw_config' }));
    await put(
      join(folder, 'stowage-data/.stowage/server.json'),
      JSON.stringify({ url: 'http://127.0.0.1:1', pid: 1 }),
    );
    await put(join(folder, 'stowage-data/.stowage/admin-token'), 'stw_local\n');

    const ran = await ls({ STOWAGE_URL: service.url });

    expect(ran.code).toBe(1);
    expect(service.seen).toEqual([]);
    expect(ran.stderr).toContain(`${configFile()} (which is for https://stowage.test)`);
  });

  test('that is nowhere: every place that was looked at is named', async () => {
    const ran = await ls({ STOWAGE_URL: service.url });

    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'stowage: this needs a token (UNAUTHENTICATED)\n' +
        `  no token was found; looked at STOWAGE_TOKEN, ${configFile()}, ${join('stowage-data', '.stowage', 'admin-token')} (no server runs there)\n`,
    });
  });

  test('that is nowhere: the storage of an earlier release is named, too', async () => {
    await put(join(folder, 'storage/.stowage/admin-token'), 'stw_local\n');

    const ran = await ls({ STOWAGE_URL: service.url });

    expect(ran.stderr).toContain(
      `${join('stowage-data', '.stowage', 'admin-token')} (no server runs there), ${join('storage', '.stowage', 'admin-token')} (no server runs there)\n`,
    );
  });

  test('that can be none is refused before it is sent, and not shown', async () => {
    const ran = await ls({ STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_a b' });

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('the token from STOWAGE_TOKEN');
    expect(ran.stderr).not.toContain('stw_a');
    expect(service.seen).toEqual([]);
  });
});

describe('a server that a folder names', () => {
  /** What an untrusted working directory gets: nothing. The user learns why. */
  async function expectUnused(
    reason: RegExp,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const ran = await ls(env);

    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toMatch(reason);
    expect(ran.stderr).toContain('--url');
    expect(service.seen).toEqual([]);
  }

  test('gets no token from the environment', async () => {
    await putServer('stowage-data');

    await expectUnused(/STOWAGE_TOKEN.*STOWAGE_URL/s, { STOWAGE_TOKEN: 'stw_secret' });
  });

  test('gets no token from the config file, only the one beside it', async () => {
    await put(configFile(), JSON.stringify({ token: 'stw_config' }));
    await putServer('stowage-data');

    await ls();

    expect(service.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer stw_local']);
  });

  test('gets no token that --token-file names', async () => {
    await putServer('stowage-data');
    await put(join(folder, 'token'), 'stw_file\n');

    const ran = await ls({}, '--token-file', 'token');

    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/--token-file.*--url/s);
    expect(service.seen).toEqual([]);
  });

  test('is not asked where it is on another machine', async () => {
    await putServer('stowage-data', { url: 'http://stowage.test:8787' });

    await expectUnused(
      /server\.json names http:\/\/stowage\.test:8787, which is not on this machine/,
    );
  });

  test('is not asked where its process has ended', async () => {
    await putServer('stowage-data', { pid: await endedProcess() });

    await expectUnused(/server\.json.*process \d+, which does not run.*stowage serve/s);
  });

  test('is not asked where its process is another one', async () => {
    await putServer('stowage-data', { pid: process.ppid });

    await expectUnused(/server\.json.*process \d+, which does not use that folder/s);
  });

  test('is not asked where other users can write the folder', async () => {
    await putServer('stowage-data');
    await chmod(join(folder, 'stowage-data/.stowage'), 0o777);

    await expectUnused(/other users can write .*\.stowage/);
  });

  test('is not asked where the folder is a link', async () => {
    await putServer('elsewhere');
    await mkdir(join(folder, 'stowage-data'));
    await symlink(join(folder, 'elsewhere/.stowage'), join(folder, 'stowage-data/.stowage'));

    await expectUnused(/\.stowage is a link/);
  });

  test('gets nothing of a file that its token file links to', async () => {
    await putServer('stowage-data');
    await put(join(folder, 'secret'), 'my-secret\n');
    await rm(join(folder, 'stowage-data/.stowage/admin-token'));
    await symlink(join(folder, 'secret'), join(folder, 'stowage-data/.stowage/admin-token'));

    const ran = await ls();

    expect(ran.stderr).toContain('this needs a token');
    expect(service.seen).toEqual([]);
  });
});

test('the folder of another user names no server', async () => {
  await putServer('stowage-data');
  const [path, me] = [join(folder, 'stowage-data'), process.geteuid?.() ?? 0];
  // Folders of root are believed: only root can give one away, and only another can not be root.
  if (me === 0) await chown(join(path, '.stowage'), 4711, 4711);

  expect(findServer(path, me === 0 ? me : me + 1).refusal).toMatch(/belongs to another user/);
});

test('a token without the URL of its service is sent nowhere, and not to the default URL either', async () => {
  const ran = await ls({ STOWAGE_TOKEN: 'stw_x' });

  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(/STOWAGE_TOKEN.*STOWAGE_URL/s);
});

describe('a faulty setting', () => {
  test.each([
    ['text that is no JSON', '{'],
    ['a list', '[]'],
    ['a field that we do not know', '{"tokn":"x"}'],
    ['an empty token', '{"token":""}'],
  ])('in the config file, %s, is misuse that names the file', async (_, content) => {
    await put(configFile(), content);

    const ran = await ls();

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(configFile());
  });

  test.each([
    ['--url', ['--url', 'house.test']],
    ['--token-file', ['--token-file', 'nowhere']],
  ])('of %s is misuse', async (flag, words) => {
    const ran = await ls({}, ...words);

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(flag);
  });
});

describe('a URL with a password', () => {
  const secret = 'http://user:geheim@127.0.0.1:1/';

  test.each([
    ['--url', {}, ['--url', secret]],
    ['STOWAGE_URL', { STOWAGE_URL: secret }, []],
    ['--url', {}, ['--url', 'ftp://user:geheim@house.test']],
    ['--url', {}, ['--url', 'user:geheim@house.test']],
  ])('of %s is refused, and not shown (%#)', async (from, env, words) => {
    const ran = await ls({ STOWAGE_TOKEN: 'stw_x', ...env }, ...words);

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(from);
    expect(ran.stdout + ran.stderr).not.toContain('geheim');
  });

  test('in the config file is not shown where another service is asked', async () => {
    await put(configFile(), JSON.stringify({ url: secret, token: 'stw_config' }));

    const ran = await ls({ STOWAGE_URL: service.url });

    expect(ran.stderr).toContain('which is for http://***@127.0.0.1:1/');
    expect(ran.stderr).not.toContain('geheim');
  });
});

test('a service that does not answer is named, with where its URL comes from', async () => {
  service.decide = () => 'cut';
  const { url } = service;

  const ran = await ls({ STOWAGE_URL: url, STOWAGE_TOKEN: 'stw_x' }, '--json');

  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr)).toEqual({
    error: {
      code: 'UNREACHABLE',
      message: expect.stringContaining(url),
      hint: expect.stringContaining(`${url} comes from STOWAGE_URL`),
    },
  });
});
