/** Feeds that are made from records, for update clients: what Tauri's plugin and Squirrel.Mac get. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  minisignFault,
  parseMinisign,
  parseMinisignKey,
} from '../../core/checks/signatures/minisign.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, type House, openHouse } from './house.ts';
import { readRemoteRelease, readSquirrelUpdate } from './update-clients.ts';

const FIXTURES = new URL('../fixtures/feeds/tauri/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, FIXTURES), 'utf8');
const SIGNATURE = fixture('App_1.4.0_amd64.AppImage.sig');

let house: House;
let admin: string;
let reader: string;

beforeEach(async () => {
  ({ house, admin, reader } = await openHouse());
});

async function push(versionId: string, ...files: readonly (string | [string, string])[]) {
  for (const file of files) {
    const [filename, bytes] =
      typeof file === 'string' ? [file, `${file} of ${versionId}`] : [file[0], file[1]];
    const answer = await house.push(admin, versionId, { filename }, bytes);
    expect([filename, answer.status]).toEqual([filename, 200]);
  }
}

/** The bundles of a version as Tauri makes them, each with its signature. */
async function pushTauri(versionId: string): Promise<void> {
  const bundles = [
    `App_${versionId}_amd64.AppImage`,
    `App_${versionId}_amd64.deb`,
    `App_${versionId}_x64-setup.exe`,
    `App_${versionId}_x64_en-US.msi`,
    'App_aarch64.app.tar.gz',
  ];
  await push(
    versionId,
    ...bundles,
    ...bundles.map((name): [string, string] => [`${name}.sig`, SIGNATURE]),
  );
  await push(versionId, `App_${versionId}_aarch64.dmg`);
}

function describeVersion(versionId: string, body: object): Promise<Answer> {
  return house.call('putVersion', { token: admin, path: { versionId }, body });
}

function move(versionId: string, more: object = {}): Promise<Answer> {
  house.now = new Date(house.now.getTime() + 1000);
  const path = { channel: 'stable' };
  return house.call('putChannel', { token: admin, path, body: { versionId, ...more } });
}

interface Asked {
  readonly bundle?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

function askTauri(target: string, currentVersion: string, options: Asked = {}): Promise<Answer> {
  const [os = '', arch = ''] = target.split('/');
  const { bundle, headers } = options;
  return house.call('getTauriUpdate', {
    token: 'token' in options ? options.token : reader,
    path: { channel: 'stable', target: os, arch, currentVersion },
    ...(headers === undefined ? {} : { headers }),
    query: { stagingId: 'x', ...(bundle === undefined ? {} : { bundle_type: bundle }) },
  });
}

function askSquirrel(arch: string, currentVersion: string): Promise<Answer> {
  const path = { channel: 'stable', arch, currentVersion };
  return house.call('getSquirrelMacUpdate', { token: reader, path });
}

/** Follows the URL of an update, and says which bytes it leads to. */
async function sumBehind(url: string): Promise<string | number> {
  const { pathname, searchParams } = new URL(url);
  const file = decodeURIComponent(pathname.split('/').at(-1) ?? '');
  const answer = await house.call('downloadFromChannel', {
    token: reader,
    path: { channel: 'stable', file },
    query: Object.fromEntries(searchParams),
  });
  return answer.headers['x-checksum-sha256'] ?? answer.status;
}

describe('the feed of Tauri', () => {
  test('is what the plugin reads, with the signature that its file has', async () => {
    await pushTauri('1.4.0');
    await describeVersion('1.4.0', { notes: 'What is *new*' });
    await move('1.4.0');

    const answer = await askTauri('linux/x86_64', '1.3.0', { bundle: 'appimage' });

    expect(answer.status).toBe(200);
    const release = readRemoteRelease(answer.text);
    expect(release).toEqual({
      version: '1.4.0',
      notes: 'What is *new*',
      pubDate: new Date('2026-11-22T12:00:00Z'),
      url: 'https://files.example.com/channels/stable/App_1.4.0_amd64.AppImage?at=1.4.0',
      signature: SIGNATURE.trim(),
    });
    expect(await sumBehind(release.url)).toBe(sha256Of('App_1.4.0_amd64.AppImage of 1.4.0'));
  });

  test('has a signature that the public key of the app proves over the bytes behind the URL', async () => {
    const bytes = readFileSync(new URL('App_1.4.0_amd64.AppImage', FIXTURES));
    await house.push(admin, '1.4.0', { filename: 'App_1.4.0_amd64.AppImage' }, bytes);
    await push('1.4.0', ['App_1.4.0_amd64.AppImage.sig', SIGNATURE]);
    await move('1.4.0');

    const release = readRemoteRelease((await askTauri('linux/x86_64', '1.3.0')).text);

    expect(await sumBehind(release.url)).toBe(sha256Of(bytes));
    const signed = parseMinisign(Buffer.from(release.signature, 'base64').toString());
    const key = parseMinisignKey(fixture('tauri.pub'));
    if (key === undefined || typeof signed === 'string') throw new Error(String(signed));
    expect(signed.isPrehashed).toBe(true);
    const message = createHash('blake2b512').update(bytes).digest();
    expect(minisignFault(key, signed, message)).toBeUndefined();
  });

  test.each([
    ['linux/x86_64', 'appimage', 'App_1.4.0_amd64.AppImage'],
    ['linux/x86_64', 'deb', 'App_1.4.0_amd64.deb'],
    ['windows/x86_64', 'nsis', 'App_1.4.0_x64-setup.exe'],
    ['windows/x86_64', 'msi', 'App_1.4.0_x64_en-US.msi'],
    ['darwin/aarch64', 'app', 'App_aarch64.app.tar.gz'],
    ['darwin/aarch64', undefined, 'App_aarch64.app.tar.gz'],
    ['darwin/aarch64', 'unknown', 'App_aarch64.app.tar.gz'],
  ])('has the bundle of %s %s: %s', async (target, bundle, filename) => {
    await pushTauri('1.4.0');
    await move('1.4.0');

    const options = bundle === undefined ? {} : { bundle };
    const { json } = await askTauri(target, '1.3.0', options);

    expect(json.url).toBe(`https://files.example.com/channels/stable/${filename}?at=1.4.0`);
  });

  test.each([
    ['the same version', '1.4.0'],
    ['the same version with another build', '1.4.0+5'],
    ['a newer version', '2.0.0-beta.1'],
    ['a version that is newer by number, not by text', '1.10.0'],
  ])('is 204 for %s', async (_, current) => {
    await pushTauri('1.4.0');
    await move('1.4.0');

    const answer = await askTauri('linux/x86_64', current, { bundle: 'appimage' });

    expect([answer.status, answer.text]).toEqual([204, '']);
  });

  test('leads from a prerelease to its release', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');

    const answer = await askTauri('linux/x86_64', '1.4.0-beta.9', { bundle: 'appimage' });

    expect(answer.json.version).toBe('1.4.0');
  });

  test('is 204 where the version has nothing for the platform, or for the kind of installation', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');

    expect((await askTauri('linux/aarch64', '1.3.0')).status).toBe(204);
    expect((await askTauri('linux/x86_64', '1.3.0', { bundle: 'rpm' })).status).toBe(204);
  });

  test('names the files where several fit, and what chooses among them', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');

    const { status, json } = await askTauri('windows/x86_64', '1.3.0');

    expect(status).toBe(409);
    expect(json.detail).toBe(
      'several files are for windows/x86_64: App_1.4.0_x64-setup.exe, App_1.4.0_x64_en-US.msi; choose with ?bundle_type=',
    );
  });

  test('says which signature is missing', async () => {
    await push('1.4.0', 'App_1.4.0_amd64.AppImage');
    await move('1.4.0');

    const { status, json } = await askTauri('linux/x86_64', '1.3.0');

    expect(status).toBe(404);
    expect(json.detail).toBe(
      'App_1.4.0_amd64.AppImage of version 1.4.0 has no signature: publish App_1.4.0_amd64.AppImage.sig beside it',
    );
  });

  test('takes a signature that minisign wrote', async () => {
    const plain = Buffer.from(SIGNATURE, 'base64').toString();
    await push('1.4.0', 'App.AppImage', ['App.AppImage.minisig', plain]);
    await move('1.4.0');

    const answer = await askTauri('linux/x86_64', '1.3.0');

    expect(Buffer.from(readRemoteRelease(answer.text).signature, 'base64').toString()).toBe(plain);
  });

  test.each([
    ['a link', 'https://example.com/App.AppImage.sig', /its content is another/],
    ['a signature of OpenPGP', '\u0089\u0002binary', /its content is another/],
    ['a file of 8193 bytes', 'x'.repeat(8193), /it has 8193 bytes/],
  ])('refuses %s in the place of a signature', async (_, content, why) => {
    await push('1.4.0', 'App.AppImage', ['App.AppImage.sig', content]);
    await move('1.4.0');

    const { status, json } = await askTauri('linux/x86_64', '1.3.0');

    expect(status).toBe(409);
    expect(json.detail).toMatch(why);
  });

  test('refuses platforms and versions that it does not know', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');

    const unknown = await askTauri('plan9/x86_64', '1.3.0');
    expect([unknown.status, unknown.json.detail]).toEqual([
      400,
      expect.stringMatching(/^there is no platform "plan9\/x86_64": os must be one of linux/),
    ]);
    const unclear = await askTauri('linux/x86_64', 'latest');
    expect([unclear.status, unclear.json.detail]).toEqual([
      400,
      'the version of the client must be a semantic version such as 1.4.0, got "latest"',
    ]);
  });

  test('says that a channel points at no semantic version', async () => {
    await push('nightly', 'App.AppImage');
    await move('nightly');

    const { status, json } = await askTauri('linux/x86_64', '1.3.0');

    expect(status).toBe(409);
    expect(json.detail).toMatch(/has nightly, which is no semantic version/);
  });

  test('is not sent again to a client that has it', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');
    const first = await askTauri('linux/x86_64', '1.3.0', { bundle: 'deb' });

    const headers = { 'if-none-match': String(first.headers['etag']) };
    const again = await askTauri('linux/x86_64', '1.3.0', { bundle: 'deb', headers });

    expect([again.status, again.text]).toEqual([304, '']);
  });
});

describe('the feed of Squirrel.Mac', () => {
  test('is what Squirrel reads, with the ZIP file for the arch', async () => {
    await push('1.4.0', 'App-1.4.0-arm64-mac.zip', 'App-1.4.0-mac.zip', 'App-1.4.0-win.zip');
    await describeVersion('1.4.0', { notes: 'New' });
    await move('1.4.0');

    const update = readSquirrelUpdate((await askSquirrel('arm64', '1.3.0')).text);

    expect(update).toEqual({
      url: 'https://files.example.com/channels/stable/App-1.4.0-arm64-mac.zip?at=1.4.0',
      name: '1.4.0',
      notes: 'New',
      releaseDate: new Date('2026-11-22T12:00:00Z'),
    });
    expect(await sumBehind(update.url)).toBe(sha256Of('App-1.4.0-arm64-mac.zip of 1.4.0'));
    expect((await askSquirrel('x64', '1.3.0')).json.url).toMatch(/\/App-1\.4\.0-mac\.zip\?/);
  });

  test('is 204 for a client that is up to date: Squirrel installs whatever a 200 names', async () => {
    await push('1.4.0', 'App-1.4.0-mac.zip');
    await move('1.4.0');

    const answer = await askSquirrel('x64', '1.4.0');

    expect([answer.status, answer.text]).toEqual([204, '']);
  });
});

describe('a version that needs another one first', () => {
  async function urlFor(current: string): Promise<string> {
    const answer = await askTauri('darwin/aarch64', current);
    return answer.status === 200 ? answer.json.url : String(answer.status);
  }
  const at = (versionId: string) =>
    `https://files.example.com/channels/stable/App_aarch64.app.tar.gz?at=${versionId}`;

  beforeEach(async () => {
    for (const versionId of ['1.0.0', '1.5.0', '1.9.0', '2.0.0']) await pushTauri(versionId);
    await describeVersion('1.9.0', { minVersion: '1.5.0' });
    await describeVersion('2.0.0', { minVersion: '1.5.0' });
  });

  test('is offered to those who have it, and the newest that the others may install to them', async () => {
    for (const versionId of ['1.0.0', '1.5.0', '1.9.0', '2.0.0']) await move(versionId);

    expect(await urlFor('1.9.0')).toBe(at('2.0.0'));
    expect(await urlFor('1.5.0')).toBe(at('2.0.0'));
    expect(await urlFor('1.4.9')).toBe(at('1.5.0'));
    expect(await urlFor('1.0.0')).toBe(at('1.5.0'));
    expect(await urlFor('0.1.0')).toBe(at('1.5.0'));
    // The file has the same name in every version.
    expect(await sumBehind(at('1.5.0'))).toBe(sha256Of('App_aarch64.app.tar.gz of 1.5.0'));
  });

  test('leaves a client where it is if the channel remembers none that it may install', async () => {
    await move('1.0.0');
    await move('2.0.0');

    expect(await urlFor('1.0.0')).toBe('204');
    expect(await urlFor('0.9.0')).toBe(at('1.0.0'));
  });

  test('leads no one beyond the channel after a rollback', async () => {
    for (const versionId of ['1.0.0', '1.5.0', '2.0.0', '1.9.0']) await move(versionId);

    expect(await urlFor('1.0.0')).toBe(at('1.5.0'));
    expect(await urlFor('1.5.0')).toBe(at('1.9.0'));
    expect(await urlFor('2.0.0')).toBe('204');
  });

  test('names no version that the token may not see', async () => {
    for (const versionId of ['1.0.0', '1.5.0', '2.0.0']) await move(versionId);
    const token = await house.token(['read'], { versions: '2.*' });

    const answer = await askTauri('darwin/aarch64', '1.0.0', { token });

    expect(answer.status).toBe(204);
  });
});

describe('who may read it', () => {
  test('is as for the channel: a token, or none where the channel is public', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');
    const ask = (token: string | undefined, headers = {}) =>
      askTauri('darwin/aarch64', '1.3.0', { token, headers });
    const basic = `Basic ${Buffer.from(`me:${reader}`).toString('base64')}`;

    expect((await ask(undefined)).status).toBe(401);
    expect((await ask(undefined, { authorization: basic })).status).toBe(200);
    expect((await ask(reader)).status).toBe(200);
    await move('1.4.0', { public: true });
    expect((await ask(undefined)).status).toBe(200);
  });
});

describe('what an answer costs', () => {
  function counting(): { readonly asked: string[] } {
    const asked: string[] = [];
    for (const name of ['getChannel', 'getVersion', 'listPackages'] as const) {
      const real = house.catalog[name].bind(house.catalog) as (...args: unknown[]) => unknown;
      Object.assign(house.catalog, {
        [name]: (...args: unknown[]) => {
          asked.push(name);
          return real(...args);
        },
      });
    }
    return { asked };
  }

  test('is one read of the catalog where there is no update, and three where there is', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');
    const { asked } = counting();

    await askTauri('darwin/aarch64', '1.4.0');
    expect(asked).toEqual(['getChannel']);

    asked.length = 0;
    await askTauri('darwin/aarch64', '1.3.0');
    expect(asked.toSorted()).toEqual(['getChannel', 'getVersion', 'listPackages']);
  });

  test('is one read of the signature for all clients of a process', async () => {
    await pushTauri('1.4.0');
    await move('1.4.0');
    let reads = 0;
    const { smallFiles } = house.services;
    const real = smallFiles.read;
    Object.assign(smallFiles, {
      read: (record: Parameters<typeof real>[0]) => {
        reads += 1;
        return real(record);
      },
    });

    for (const current of ['1.3.0', '1.2.0', '1.1.0'])
      expect((await askTauri('darwin/aarch64', current)).status).toBe(200);

    expect(reads).toBe(1);
  });
});
