/** Channels: directories that remember, files for a platform, and channels that need no token. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, House } from './house.ts';

let house: House;
let admin: string;
let reader: string;

beforeEach(async () => {
  house = new House();
  admin = await house.token(['admin']);
  reader = await house.token(['read']);
  for (const [versionId, files] of Object.entries({
    '1.0.0': ['App-1.0.0.exe', 'RELEASES', 'same.zip'],
    '1.1.0': ['App-1.1.0.exe', 'RELEASES', 'same.zip', 'latest.yml'],
    '1.2.0': ['App-1.2.0.exe', 'RELEASES'],
  })) {
    for (const filename of files) await push(versionId, filename);
  }
});

async function push(versionId: string, filename: string, more: object = {}): Promise<void> {
  const bytes = `${filename} of ${versionId}`;
  const created = await house.call('createPackage', {
    token: admin,
    path: { versionId },
    body: { filename, size: Buffer.byteLength(bytes), sha256: sha256Of(bytes), ...more },
  });
  await house.send(created.json.upload.request, Buffer.from(bytes));
  const path = { versionId, packageId: created.json.package.packageId };
  await house.call('completeUpload', { token: admin, path, body: {} });
}

function move(versionId: string, more: object = {}): Promise<Answer> {
  house.now = new Date(house.now.getTime() + 1000);
  const path = { channel: 'stable' };
  return house.call('putChannel', { token: admin, path, body: { versionId, ...more } });
}

async function sumOf(file: string, token: string | undefined = reader): Promise<string> {
  const path = { channel: 'stable', file };
  const answer = await house.call('downloadFromChannel', {
    token: token === '' ? undefined : token,
    path,
  });
  return answer.status === 302 ? String(answer.headers['x-checksum-sha256']) : `${answer.status}`;
}

describe('a channel', () => {
  test('serves feeds of its version alone, and other files of every version it remembers', async () => {
    await move('1.0.0');
    await move('1.1.0');
    await move('1.2.0');

    expect(await sumOf('RELEASES')).toBe(sha256Of('RELEASES of 1.2.0'));
    expect(await sumOf('latest.yml')).toBe('404');
    for (const version of ['1.0.0', '1.1.0', '1.2.0'])
      expect(await sumOf(`App-${version}.exe`)).toBe(sha256Of(`App-${version}.exe of ${version}`));
    expect(await sumOf('same.zip')).toBe(sha256Of('same.zip of 1.1.0'));
    expect(await sumOf('none.zip')).toBe('404');
  });

  test('after a rollback serves no feed of the bad version, and its files still', async () => {
    await move('1.0.0');
    await move('1.1.0');
    await move('1.0.0');

    expect(await sumOf('RELEASES')).toBe(sha256Of('RELEASES of 1.0.0'));
    expect(await sumOf('latest.yml')).toBe('404');
    expect(await sumOf('App-1.1.0.exe')).toBe(sha256Of('App-1.1.0.exe of 1.1.0'));
    expect(await sumOf('same.zip')).toBe(sha256Of('same.zip of 1.0.0'));
  });

  test('answers 410 for a yanked file and 404 for a deleted one, never older bytes', async () => {
    await move('1.0.0');
    await move('1.1.0');
    const path = { versionId: '1.1.0', packageId: 'same' };
    await house.call('yankPackage', { token: admin, path, body: {} });
    expect(await sumOf('same.zip')).toBe('410');

    await house.call('deletePackage', { token: admin, path });
    expect(await sumOf('same.zip')).toBe('404');
  });

  test('shows its history to admins, the newest move first, each version once', async () => {
    await move('1.0.0');
    await move('1.1.0');
    await move('1.0.0');

    const path = { channel: 'stable' };
    const answer = await house.call('getChannelRecord', { token: admin, path });
    expect(answer.json).toMatchObject({ channel: 'stable', versionId: '1.0.0', public: false });
    const versions = answer.json.history.map((one: { versionId: string }) => one.versionId);
    expect(versions).toEqual(['1.0.0', '1.1.0']);
    expect((await house.call('getChannelRecord', { token: reader, path })).status).toBe(403);
  });

  test('remembers 20 versions, and 30 moves at once lose none of the last', async () => {
    const versions = Array.from({ length: 30 }, (_, index) => `2.${index}.0`);
    for (const versionId of versions) await push(versionId, `only-${versionId}.zip`);

    await Promise.all(versions.slice(0, 8).map((versionId) => move(versionId)));
    for (const versionId of versions.slice(8)) await move(versionId);

    for (const version of versions.slice(-20))
      expect(await sumOf(`only-${version}.zip`)).toBe(
        sha256Of(`only-${version}.zip of ${version}`),
      );
    expect(await sumOf(`only-${versions[9]}.zip`)).toBe('404');
  });

  test('skips versions that a token may not see', async () => {
    await move('1.0.0');
    await push('2.0.0', 'same.zip');
    await move('2.0.0');
    await move('1.1.0');
    const limited = await house.token(['read'], { versions: '1.0.*' });

    expect(await sumOf('same.zip', limited)).toBe('404');
    await move('1.0.0');
    expect(await sumOf('same.zip', limited)).toBe(sha256Of('same.zip of 1.0.0'));
  });
});

describe('a public channel', () => {
  test('needs no token for what is below it, and opens nothing else', async () => {
    await move('1.0.0', { public: true });
    await move('1.1.0');

    const anonymous = (id: 'getChannel' | 'getChannelSums', headers = {}) =>
      house.call(id, { path: { channel: 'stable' }, headers });
    expect(await sumOf('App-1.0.0.exe', '')).toBe(sha256Of('App-1.0.0.exe of 1.0.0'));
    expect((await anonymous('getChannelSums')).status).toBe(200);
    const { json } = await anonymous('getChannel');
    const urls = json.packages.map(({ url }: { url: string }) => url);
    expect(urls).toContain('https://files.example.com/channels/stable/App-1.1.0.exe');
    const path = { versionId: '1.1.0', file: 'same.zip' };
    expect((await house.call('downloadPackage', { path })).status).toBe(401);
    expect((await house.call('getChannel', { path: { channel: 'other' } })).status).toBe(401);
    expect((await anonymous('getChannel', { authorization: 'Bearer x' })).status).toBe(401);

    await move('1.1.0', { public: false });
    expect(await sumOf('App-1.0.0.exe', '')).toBe('401');
  });

  test('is opened only by a token without a version pattern', async () => {
    const limited = await house.token(['admin'], { versions: '1.*' });
    const answer = await house.call('putChannel', {
      token: limited,
      path: { channel: 'stable' },
      body: { versionId: '1.0.0', public: true },
    });

    expect(answer.status).toBe(403);
  });
});

describe('a file for a platform', () => {
  async function locate(os: string, arch: string, query = {}): Promise<string> {
    const path = { channel: 'stable', os, arch };
    const answer = await house.call('downloadForPlatform', { token: reader, path, query });
    return String(answer.headers['location'] ?? answer.json?.detail);
  }

  test('is found by os and arch in any of their usual words', async () => {
    const linux = { os: 'linux', arch: 'x64' };
    await push('3.0.0', 'tool-linux.tar.gz', { ...linux, libc: 'gnu' });
    await push('3.0.0', 'tool-linux-musl.tar.gz', { ...linux, libc: 'musl' });
    await push('3.0.0', 'tool-linux.tar.gz.sig', linux);
    await push('3.0.0', 'tool.dmg', { os: 'macos', arch: 'universal', bundle: 'dmg' });
    await push('3.0.0', 'tool.exe', { os: 'windows', arch: 'x64', bundle: 'nsis' });
    await push('3.0.0', 'tool.msi', { os: 'windows', arch: 'x64', bundle: 'msi' });
    await move('3.0.0');

    const base = 'https://files.example.com/packages/3.0.0';
    expect(await locate('linux', 'amd64', { libc: 'musl' })).toBe(`${base}/tool-linux-musl.tar.gz`);
    expect(await locate('linux', 'x86_64', { libc: 'gnu' })).toBe(`${base}/tool-linux.tar.gz`);
    expect(await locate('darwin', 'aarch64')).toBe(`${base}/tool.dmg`);
    expect(await locate('windows', 'x64', { bundle: 'msi' })).toBe(`${base}/tool.msi`);
    expect(await locate('windows', 'x64')).toBe(
      'several files are for windows/x64: tool.exe, tool.msi; choose with ?libc=, ?bundle= or ?ext=',
    );
    expect(await locate('linux', 'riscv64')).toBe('there is no file for linux/riscv64');
    expect(await locate('plan9', 'x64')).toBe('there is no file for plan9/x64');
  });

  test('may be one of its os that names no arch, where none names this one', async () => {
    await push('4.0.0', 'App.exe', { os: 'windows' });
    await push('4.0.0', 'App-arm64.exe', { os: 'windows', arch: 'arm64' });
    await move('4.0.0');

    const base = 'https://files.example.com/packages/4.0.0';
    expect(await locate('windows', 'x64')).toBe(`${base}/App.exe`);
    expect(await locate('windows', 'arm64')).toBe(`${base}/App-arm64.exe`);
    expect(await locate('macos', 'x64')).toBe('there is no file for macos/x64');
  });
});

describe('an earlier version of a channel, by ?at=', () => {
  beforeEach(async () => {
    const linux = { os: 'linux', arch: 'x64' };
    await push('3.0.0+old', 'tool-linux', linux);
    await push('4.0.0', 'tool-linux', linux);
    await move('3.0.0+old');
    await move('4.0.0');
  });

  const NAMED = {
    getChannel: {},
    getChannelSums: {},
    downloadForPlatform: { os: 'linux', arch: 'x64' },
    downloadFromChannel: { file: 'tool-linux' },
  };
  type Asked = keyof typeof NAMED;

  function ask(operation: Asked, at: string, token: string | undefined): Promise<Answer> {
    const path = { channel: 'stable', ...NAMED[operation] };
    return house.call(operation, { token, path, query: { at } });
  }

  test.each([
    ['a channel with a token', false, '/packages/3.0.0%2Bold/tool-linux'],
    ['a public channel', true, '/channels/stable/tool-linux?at=3.0.0%2Bold'],
  ])('is read, and its files are, from %s', async (_channel, isPublic, link) => {
    await move('4.0.0', { public: isPublic });
    const token = isPublic ? undefined : reader;
    const url = `https://files.example.com${link}`;

    const channel = await ask('getChannel', '3.0.0+old', token);
    const sums = await ask('getChannelSums', '3.0.0+old', token);
    const found = await ask('downloadForPlatform', '3.0.0+old', token);
    const file = await ask('downloadFromChannel', '3.0.0+old', token);

    const sum = sha256Of('tool-linux of 3.0.0+old');
    expect(channel.json).toMatchObject({ versionId: '3.0.0+old', packages: [{ url }] });
    expect(sums.text).toBe(`${sum}  tool-linux\n`);
    expect(found.headers['location']).toBe(url);
    expect(file.headers['x-checksum-sha256']).toBe(sum);
  });

  test.each(Object.keys(NAMED) as Asked[])('of %s must be a version', async (one) => {
    expect((await ask(one, '../4.0.0', reader)).status).toBe(400);
    expect((await ask(one, '../4.0.0', undefined)).status).toBe(401);
  });

  test.each(Object.keys(NAMED) as Asked[])(
    'is not found by %s where the channel does not remember it, or the caller may not see it',
    async (operation) => {
      const some = await house.token(['read'], { versions: '4.*' });

      for (const answer of [
        await ask(operation, '1.0.0', reader),
        await ask(operation, '3.0.0+old', some),
      ]) {
        expect(answer.status).toBe(404);
        expect(answer.json.detail).toMatch(/^channel stable does not remember version /);
      }
    },
  );
});
