/** Files under their own names, in every command that takes one. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lockPath, partPath } from '../../cli/pull/plan-pull.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House, jsonLines } from './house.ts';

let house: House;
let client: StowageClient;
beforeAll(async () => {
  house = await House.open();
  client = new StowageClient({ url: house.server.url, token: house.server.adminToken });
  await publish('1.0.0', 'App 1.0.0+x64.exe');
  await publish('1.0.0', 'RELEASES');
  await publish('1.0.0', 'linux.tar.gz', { os: 'linux', arch: 'x64' });
  // Its id is the filename of another one.
  await publish('1.0.0', 'Notes.txt', { packageId: 'tool' });
  await publish('1.0.0', 'tool', { packageId: 'other' });
});
afterAll(() => house.close());

/** The file holds its own name. */
async function publish(versionId: string, filename: string, more: object = {}): Promise<void> {
  const body = { filename, size: Buffer.byteLength(filename), sha256: sha256Of(filename), ...more };
  const created = await client.createPackage(versionId, body);
  if (created.upload?.method !== 'single') throw new Error('no upload in one request');
  const { method, url, headers } = created.upload.request;
  const sent = await fetch(url, { method, headers, body: filename });
  expect(sent.status).toBe(200);
  await client.completeUpload(versionId, created.package.packageId);
}

async function lines(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, code } = await house.stowage(words);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout.trimEnd().split('\n');
}

function stateOf(filename: string, versionId = '1.0.0'): Promise<string | undefined> {
  const rows = lines('ls', versionId, '--json').then(
    ([json = '']) => JSON.parse(json) as { items: readonly { filename: string; state: string }[] },
  );
  return rows.then(({ items }) => items.find((one) => one.filename === filename)?.state);
}

describe('ls', () => {
  test('shows filenames first, and columns of platforms where one is set', async () => {
    const listed = await lines('ls', '1.0.0');

    expect(listed.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'FILE',
      'App 1.0.0+x64.exe',
      'RELEASES',
      'linux.tar.gz',
      'tool',
      'Notes.txt',
    ]);
    expect(listed[0]).toMatch(/SHA256 +OS +ARCH +PACKAGE$/);
    expect(listed[3]).toMatch(/[0-9a-f]{12} +linux +x64 +linux$/);
  });
});

describe('a file', () => {
  test.each([
    ['its filename', '1.0.0/App 1.0.0+x64.exe', 'App 1.0.0+x64.exe'],
    ['its filename, without an ext', '1.0.0/RELEASES', 'RELEASES'],
    ['its package id', '1.0.0/linux', 'linux.tar.gz'],
    ['its alias', '1.0.0/tool.txt', 'Notes.txt'],
    ['a filename that is the id of another one', '1.0.0/tool', 'tool'],
    ['an id that does not follow from its filename', '1.0.0/other', 'tool'],
  ])('is shown by %s', async (_what, target, filename) => {
    const [json = ''] = await lines('show', target, '--json');

    const { url, ...shown } = JSON.parse(json) as { url: string; filename: string };
    expect(shown.filename).toBe(filename);
    expect(url).toBe(`${house.proxy.url}/packages/1.0.0/${encodeURIComponent(filename)}`);
  });

  test.each([
    ['yank', 'yanked'],
    ['restore', 'available'],
  ])('is changed by its filename: %s', async (command, state) => {
    const [line] = await lines(command, '1.0.0/App 1.0.0+x64.exe');

    expect(line).toMatch(`1.0.0/App 1.0.0+x64.exe: ${state}`);
    expect(await stateOf('App 1.0.0+x64.exe')).toBe(state);
    expect(await stateOf('RELEASES')).toBe('available');
  });

  test('is deleted by its filename, and again, and never another one instead', async () => {
    await publish('1.1.0', 'tool', { packageId: 'own' });
    await publish('1.1.0', 'Notes.txt', { packageId: 'tool' });
    await publish('1.1.0', 'App 2.exe');

    expect(await lines('rm', '1.1.0/tool')).toEqual(['1.1.0/tool: deleted']);
    expect(await lines('rm', '1.1.0/App 2.exe')).toEqual(['1.1.0/App 2.exe: deleted']);
    expect(await lines('rm', '1.1.0/App 2.exe')).toEqual(['1.1.0/App 2.exe: deleted']);
    expect(await stateOf('Notes.txt', '1.1.0')).toBe('available');
  });

  test.each(['show', 'yank', 'restore', 'rm', 'pull'])(
    'that is not there is named by %s, with what to do',
    async (command) => {
      const ran = await house.stowage([command, '1.0.0/No such.exe']);

      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(
        /version 1\.0\.0 has no (available )?file "No such\.exe" \(NOT_FOUND\)\n.*stowage ls 1\.0\.0\n$/,
      );
    },
  );

  test.each(['1.0.0/', '1.0.0/..', '1.0.0/a/b', 'no version/a', '1.0.0'])(
    'is not what %j names: misuse',
    async (target) => {
      expect((await house.stowage(['show', target])).code).toBe(2);
    },
  );
});

describe('pull', () => {
  async function pulled(folder: string, ...words: readonly string[]) {
    const ran = await house.stowage(['pull', ...words, '--out', house.path(folder)]);
    const names = existsSync(house.path(folder)) ? (await readdir(house.path(folder))).sort() : [];
    return { ...ran, names };
  }

  test.each([
    ['a filename', '1.0.0/App 1.0.0+x64.exe', 'App 1.0.0+x64.exe'],
    ['a filename without an ext', '1.0.0/RELEASES', 'RELEASES'],
    ['a package id', '1.0.0/linux', 'linux.tar.gz'],
    ['a filename that is the id of another one', '1.0.0/tool', 'tool'],
  ])('fetches a file by %s', async (what, target, filename) => {
    const { code, stderr, names } = await pulled(`by ${what}`, target);

    expect({ code, stderr, names }).toEqual({ code: 0, stderr: '', names: [filename] });
    expect(await readFile(house.path(`by ${what}/${filename}`), 'utf8')).toBe(filename);
  });

  test('names what it leaves out of a version and why, and fails, unless that is meant', async () => {
    await publish('1.2.0', 'good.zip');
    await publish('1.2.0', 'Bad 1.2.zip');
    await lines('yank', '1.2.0/Bad 1.2.zip', '--reason', 'does not start');

    const plain = await pulled('left out', '1.2.0');
    const json = await pulled('left out', '1.2.0', '--json');
    const meant = await pulled('left out', '1.2.0', '--skip-yanked');
    const meantJson = await pulled('left out', '1.2.0', '--skip-yanked', '--json');
    const named = await pulled('left out', '1.2.0/Bad 1.2.zip');
    const skipped = await pulled('left out', '1.2.0/Bad 1.2.zip', '--skip-yanked');

    expect(plain.names).toEqual(['good.zip']);
    expect(plain.stderr).toBe(
      'stowage: 1.2.0/Bad 1.2.zip was left out: it was yanked: does not start (YANKED)\n' +
        '  if you do not need it, pull with --skip-yanked\n',
    );
    expect([plain.code, json.code, named.code]).toEqual([1, 1, 1]);
    expect([meant.code, meantJson.code, skipped.code]).toEqual([0, 0, 0]);
    expect(jsonLines(json.stdout)).toContainEqual(
      expect.objectContaining({
        file: 'Bad 1.2.zip',
        error: expect.objectContaining({ code: 'YANKED' }),
      }),
    );
    expect(json.stderr).toBe('');
    expect(jsonLines(meantJson.stdout)).toContainEqual({
      versionId: '1.2.0',
      file: 'Bad 1.2.zip',
      outcome: 'left-out',
      reason: 'does not start',
    });
    expect(meant.stderr).toMatch(/Bad 1\.2\.zip was left out/);
  });

  test('fetches by filename through a channel, also files of the version before', async () => {
    await publish('2.0.0', 'App 2.0.0.exe');
    await publish('2.1.0', 'App 2.1.0.exe');
    await lines('channel', 'set', 'beta', '2.0.0');
    await lines('channel', 'set', 'beta', '2.1.0');

    const both = await pulled('beta', 'App 2.1.0.exe', 'App 2.0.0.exe', '--channel', 'beta');
    const missing = await pulled('beta', 'App 1.exe', '--channel', 'beta');

    expect({ code: both.code, stderr: both.stderr }).toEqual({ code: 0, stderr: '' });
    expect(both.names).toEqual(['App 2.0.0.exe', 'App 2.1.0.exe']);
    expect(missing.stderr).toMatch(/channel beta has no file "?App 1\.exe"? \(NOT_FOUND\)/);
  });

  test('needs no token for a public channel', async () => {
    await publish('3.0.0', 'App 3.exe');
    await client.putChannel('open', { versionId: '3.0.0', public: true });
    const env = { STOWAGE_TOKEN: '' };

    const folder = house.path('open');
    const ran = await house.stowage(['pull', '--channel', 'open', '--out', folder], { env });
    const closed = await house.stowage(['pull', '3.0.0', '--out', folder], { env });

    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readFile(`${folder}/App 3.exe`, 'utf8')).toBe('App 3.exe');
    expect(closed.stderr).toMatch(/\(UNAUTHENTICATED\)/);
  });

  test('needs no token where downloads are public, also by package id', async () => {
    const own = await House.open({ PUBLIC_DOWNLOADS: 'true' });
    try {
      await own.write('app.zip', 'bytes');
      const names = ['--filename', 'My App.zip', '--package', 'app'];
      await own.stowage(['push', 'app.zip', '--version', '1.0.0', ...names]);
      await own.stowage(['yank', '1.0.0/app']);
      const env = { STOWAGE_TOKEN: '' };
      const pull = (...words: readonly string[]) =>
        own.stowage(['pull', ...words, '--out', own.path('out')], { env });

      const yanked = await pull('1.0.0/My App.zip');
      await own.stowage(['restore', '1.0.0']);
      const byId = await pull('1.0.0/app');
      const missing = await pull('1.0.0/nope');

      expect(yanked.stderr).toMatch(/\(YANKED\)/);
      expect({ code: byId.code, stderr: byId.stderr }).toEqual({ code: 0, stderr: '' });
      expect(await readFile(own.path('out/My App.zip'), 'utf8')).toBe('bytes');
      expect(missing.stderr).toMatch(/has no available file "nope" \(NOT_FOUND\)/);
    } finally {
      await own.close();
    }
  });

  test('writes files with names of 255 bytes, and two that begin alike beside each other', async () => {
    const long = [`${'ü'.repeat(125)}a.zip`, `${'ü'.repeat(125)}b.zip`];
    for (const name of long) await publish('4.0.0', name);

    const { code, stderr, names } = await pulled('long', '4.0.0');

    expect(Buffer.byteLength(long[0] ?? '')).toBe(255);
    expect({ code, stderr, names }).toEqual({ code: 0, stderr: '', names: long });
  });

  test.each([1, 241, 242, 250, 255])('has a temporary name that fits, for %i bytes', (length) => {
    const link = { sha256: sha256Of('x') } as Parameters<typeof partPath>[0]['link'];
    const paths = [...'ab'].flatMap((end) => {
      const item = { path: `/out/${'x'.repeat(length - 1)}${end}`, link };
      return [partPath(item), lockPath(item)];
    });

    expect(new Set(paths).size).toBe(4);
    for (const path of paths) {
      expect(path).toMatch(/^\/out\/x*[ab]?\.[0-9a-f]{8}\.(part|lock)$/);
      expect(Buffer.byteLength(path.slice('/out/'.length))).toBeLessThanOrEqual(255);
    }
  });
});

describe('a whole version', () => {
  test('is yanked and restored, again and again', async () => {
    await publish('5.0.0', 'a.zip');
    await publish('5.0.0', 'b.zip');

    expect(await lines('yank', '5.0.0', '--reason', 'bad')).toEqual([
      expect.stringMatching(/^5\.0\.0: 2 yanked; /),
    ]);
    expect(await lines('yank', '5.0.0', '--json')).toEqual(['{"versionId":"5.0.0","changed":0}']);
    expect(await stateOf('a.zip', '5.0.0')).toBe('yanked');
    expect(await lines('restore', '5.0.0')).toEqual(['5.0.0: 2 restored']);
    expect(await lines('restore', '5.0.0')).toEqual(['5.0.0: nothing was yanked']);
    expect((await house.stowage(['yank', '9.9.9'])).stderr).toMatch(/\(NOT_FOUND\)/);
  });

  test('is not yanked by a service that can only yank files, and the message says so', async () => {
    house.proxy.decide = ({ path }) =>
      path.endsWith('/yank')
        ? {
            status: 404,
            headers: { 'content-type': 'application/problem+json' },
            body: JSON.stringify({ code: 'NOT_FOUND', detail: 'there is nothing under "/v1"' }),
          }
        : 'forward';
    const ran = await house.stowage(['yank', '5.0.0']);
    house.proxy.reset();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/has no yank of whole versions \(NOT_SUPPORTED\)\n.*update it\n$/);
  });
});
