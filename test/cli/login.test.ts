/** How users keep a token, use it from stdin, and see which one is used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { launcher } from '../support/program/launcher.ts';
import { cleanEnvironment } from '../support/server-process.ts';
import { House, type Ran } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());
afterEach(() => rm(house.path('config'), { recursive: true, force: true }));

/** Runs `stowage` with a text on its stdin, and no settings but the config file. */
async function run(
  words: readonly string[],
  input: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const home = { HOME: house.folder, XDG_CONFIG_HOME: house.path('config') };
  const child = spawn(process.execPath, [launcher, ...words], {
    cwd: house.folder,
    env: cleanEnvironment({ ...home, STORAGE_LOCAL_PATH: house.path('none'), ...env }),
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      written[name] += chunk;
    });
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...written };
}

const config = () => house.path('config/stowage/config.json');

async function kept(): Promise<unknown> {
  return JSON.parse(await readFile(config(), 'utf8'));
}

async function tokenOf(...words: readonly string[]): Promise<string> {
  return (await house.stowage(['token', 'create', '--name', 'test', ...words])).stdout.trim();
}

describe('login', () => {
  test('keeps URL and token for this user alone, and everything else that is there', async () => {
    const { url } = house.server;
    const token = house.server.adminToken;
    const stores = { spaces: { bucket: 'releases' } };
    await mkdir(join(config(), '..'), { recursive: true });
    await writeFile(house.path('config/stowage/real.json'), JSON.stringify({ stores }));
    await chmod(house.path('config/stowage/real.json'), 0o644);
    await symlink('real.json', config());

    const ran = await run(['login', `${url}/`], `${token}\n`);
    const listed = await run(['ls'], '');

    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`logged in to ${url}`) });
    expect(await kept()).toEqual({ url, token, stores });
    expect((await stat(house.path('config/stowage/real.json'))).mode & 0o777).toBe(0o600);
    expect(ran.stdout + ran.stderr).not.toContain(token);
    expect(listed.code).toBe(0);
  });

  test('keeps nothing that the service refuses, and nothing of a service that is not there', async () => {
    const unknown = `stw_${'a'.repeat(16)}_${'A'.repeat(43)}`;

    const refused = await run(['login', house.server.url], unknown);
    const nowhere = await run(['login', 'http://127.0.0.1:1'], house.server.adminToken);
    const empty = await run(['login', house.server.url], '\n');
    const wrong = await run(['login', 'releases'], house.server.adminToken);
    const noUrl = await run(['login'], house.server.adminToken);

    expect(refused.stderr).toMatch(/\(UNAUTHENTICATED\)\n {2}the token comes from stdin/);
    expect(nowhere.stderr).toMatch(/\(UNREACHABLE\)/);
    expect([refused, nowhere, empty, wrong, noUrl].map(({ code }) => code)).toEqual([
      1, 1, 2, 2, 2,
    ]);
    await expect(kept()).rejects.toThrow('ENOENT');
  });

  test('says what goes before what it keeps', async () => {
    const env = { STOWAGE_TOKEN: 'stw_other' };

    const ran = await run(['login', house.server.url], house.server.adminToken, env);

    expect(ran.stderr).toMatch(/STOWAGE_TOKEN is set, and goes before what is kept\n$/);
  });

  // `script` takes other flags elsewhere.
  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux('asks on a terminal, and does not show what is typed', async () => {
    const { url, adminToken } = house.server;
    const home = { HOME: house.folder, XDG_CONFIG_HOME: house.path('config'), TERM: 'xterm' };
    const command = `'${process.execPath}' '${launcher}' login ${url}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: house.folder,
      env: cleanEnvironment(home),
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (!shown.includes('not shown') && `${shown}${chunk}`.includes('not shown'))
        child.stdin.write(`${adminToken}\r`);
      shown += chunk;
    });

    const [code] = (await once(child, 'close')) as [number | null];

    expect({ code, shown }).toEqual({ code: 0, shown: expect.stringContaining('logged in to') });
    expect(shown).not.toContain(adminToken.slice(-20));
    expect(await kept()).toEqual({ url, token: adminToken });
  });
});

describe('logout', () => {
  test('removes URL and token, and the file where nothing else is in it', async () => {
    await run(['login', house.server.url], house.server.adminToken);
    const first = await run(['logout'], '');
    const second = await run(['logout'], '');
    const listed = await run(['ls'], '');

    expect(first.stdout).toBe(`logged out of ${house.server.url}\n`);
    expect(first.stderr).toMatch(/token \S+ stays valid; to revoke it: stowage token rm \S+\n$/);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('holds no URL') });
    await expect(kept()).rejects.toThrow('ENOENT');
    expect(listed.code).toBe(1);
  });

  test('keeps the stores', async () => {
    const stores = { spaces: { bucket: 'releases' } };
    await mkdir(join(config(), '..'), { recursive: true });
    await writeFile(config(), JSON.stringify({ url: 'https://a.test', token: 'stw_x', stores }));

    await run(['logout'], '');

    expect(await kept()).toEqual({ stores });
  });
});

describe('whoami', () => {
  test.each([['admin'], ['publish'], ['read']])('says that a token may %s', async (scope) => {
    const token = await tokenOf('--scope', scope, '--expires', '3d');
    const env = { STOWAGE_URL: house.server.url, STOWAGE_TOKEN: token };

    const ran = await run(['whoami'], '', env);
    const json = await run(['whoami', '--json'], '', env);

    const tokenId = token.split('_')[1];
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(new RegExp(`^service +${house.server.url}\nfrom +STOWAGE_URL\n`));
    expect(ran.stdout).toMatch(new RegExp(`\nmay +${scope}\n`));
    expect(ran.stdout).not.toContain(token);
    expect(JSON.parse(json.stdout)).toEqual({
      url: house.server.url,
      urlFrom: 'STOWAGE_URL',
      tokenFrom: 'STOWAGE_TOKEN',
      tokenId,
      scope,
      name: 'test',
      expiresAt: expect.stringMatching(/Z$/),
    });
  });

  test('fails without a token, and with one that is refused', async () => {
    const env = { STOWAGE_URL: house.server.url };

    const none = await run(['whoami'], '', env);
    const refused = await run(['whoami'], '', { ...env, STOWAGE_TOKEN: 'stw_nobody' });

    expect([none.code, refused.code]).toEqual([1, 1]);
    expect(none.stderr).toMatch(/this needs a token \(UNAUTHENTICATED\)/);
    expect(refused.stderr).toMatch(/\(UNAUTHENTICATED\)\n {2}the token comes from STOWAGE_TOKEN/);
  });
});

describe('--token -', () => {
  test('takes the token from stdin, before all other places', async () => {
    const env = { STOWAGE_URL: house.server.url, STOWAGE_TOKEN: 'stw_other' };

    const ran = await run(['whoami', '--token', '-'], `${house.server.adminToken}\n`, env);

    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/\nfrom +stdin\n/);
  });

  test.each([
    ['with nothing on stdin', ['--token', '-'], ''],
    ['with a token on the command line', ['--token', 'stw_a_b'], ''],
    ['beside --token-file', ['--token', '-', '--token-file', 'x'], 'stw_x'],
    ['that holds spaces', ['--token', '-'], 'two words'],
  ])('%s is misuse', async (_what, words, input) => {
    const ran = await run(['ls', ...words], input, { STOWAGE_URL: house.server.url });

    expect(ran.code).toBe(2);
  });

  test('is not sent to a service that a folder names', async () => {
    const ran = await run(['ls', '--token', '-'], 'stw_x');

    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('--token is given') });
  });
});
