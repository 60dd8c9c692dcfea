/** Where the CLI finds the service and the token. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCli, slow, temporaryFolder } from './house.ts';
import { Meddler } from './meddler.ts';

slow();

let folder: string;
let service: Meddler;
beforeEach(async () => {
  folder = await temporaryFolder();
  service = await Meddler.listen();
  service.decide = () => ({ status: 401, headers: { 'content-type': 'application/problem+json' } });
});
afterEach(async () => {
  await service.close();
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
    await put(join(folder, 'storage/.stowage/admin-token'), 'stw_local\n');

    await ls({ STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_environment' });

    expect(tokenSent()).toBe('Bearer stw_environment');
  });

  test('is taken from --token-file before all', async () => {
    await put(join(folder, 'token'), 'stw_file\n');

    await ls({ STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_environment' }, '--token-file', 'token');

    expect(tokenSent()).toBe('Bearer stw_file');
  });

  test('is taken from the config file, with the URL', async () => {
    await put(configFile(), JSON.stringify({ url: service.url, token: 'stw_config' }));

    await ls();

    expect(tokenSent()).toBe('Bearer stw_config');
  });

  test('is taken from what a server on this machine left, with its URL', async () => {
    await put(join(folder, 'data/.stowage/server.json'), JSON.stringify({ url: service.url, pid: 1 }));
    await put(join(folder, 'data/.stowage/admin-token'), 'stw_local\n');

    await ls({ STORAGE_LOCAL_PATH: 'data' });

    expect(tokenSent()).toBe('Bearer stw_local');
  });

  test('of one service is not sent to another', async () => {
    await put(configFile(), JSON.stringify({ url: 'https://stowage.test', token: 'stw_config' }));
    await put(join(folder, 'storage/.stowage/server.json'), JSON.stringify({ url: 'http://127.0.0.1:1', pid: 1 }));
    await put(join(folder, 'storage/.stowage/admin-token'), 'stw_local\n');

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
        `  no token was found; looked at STOWAGE_TOKEN, ${configFile()}, ${join('storage', '.stowage', 'admin-token')}\n`,
    });
  });

  test('that can be none is refused before it is sent, and not shown', async () => {
    const ran = await ls({ STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_a b' });

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('the token from STOWAGE_TOKEN');
    expect(ran.stderr).not.toContain('stw_a');
    expect(service.seen).toEqual([]);
  });
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
