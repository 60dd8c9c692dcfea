/** `stowage check`: mistakes are found before a channel points at a version. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { electron, signBy, sparkle, tauri, textIn, velopack } from '../core/checks/corpus.ts';
import type { Contents } from '../core/checks/memory-files.ts';
import { House } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());

async function publish(versionId: string, files: Contents): Promise<void> {
  for (const [filename, content] of Object.entries(files))
    await writeFile(house.path(filename), content);
  const ran = await house.stowage(['push', ...Object.keys(files), '--version', versionId]);
  expect(ran).toMatchObject({ code: 0 });
}

interface Report {
  readonly passed: boolean;
  readonly checks: readonly { readonly verdict: string; readonly filename: string }[];
}

async function checked(...words: readonly string[]): Promise<Report & { readonly code: number }> {
  const { code, stdout, stderr } = await house.stowage(['check', ...words, '--json']);
  expect(stderr).toBe('');
  return { code: code ?? -1, ...(JSON.parse(stdout) as Report) };
}

describe('check', () => {
  test('passes the feed of electron-builder, and says what it looked at', async () => {
    await publish('1.4.0', electron.files);

    const ran = await house.stowage(['check', '1.4.0']);

    expect(ran).toMatchObject({ code: 0, stderr: '1.4.0: all checks passed\n' });
    expect(ran.stdout).toMatch(
      /^VERDICT +CHECK +FILE +DETAIL\npassed +electron +latest\.yml +version 1\.4\.0: 1 file is as the feed says\n$/,
    );
  });

  test('fails with file and line where the installer is not the one of the feed', async () => {
    const installer = Buffer.from(electron.files['App-1.4.0.exe'] ?? '').fill('x', 0, 5);
    await publish('1.4.1', { ...electron.files, 'App-1.4.0.exe': installer });

    const ran = await house.stowage(['check', '1.4.1']);

    expect(ran).toMatchObject({ code: 1, stderr: '1.4.1: 2 failed\n' });
    expect(ran.stdout).toMatch(
      /failed +electron +latest\.yml:4 +says that App-1\.4\.0\.exe has the sha512/,
    );
  });

  test('verifies signatures by the keys that it gets', async () => {
    await publish('2.0.0', tauri.files);
    const { [`appcast.xml`]: feed = '', ...archives } = sparkle.files;
    await publish('2.0.1', { ...archives, 'updates.xml': feed });
    const wrong = String(feed).replace(
      /edSignature=".*?"/,
      `edSignature="${signBy('another key', archives['App-1.4.0.zip'] ?? '')}"`,
    );
    await publish('2.0.2', { ...archives, 'updates.xml': wrong });

    const key = ['--ed25519-key', sparkle.policy.ed25519 ?? '', '--feed', 'updates.xml'];
    const byTauri = await checked('2.0.0', '--minisign-key', tauri.policy.minisign ?? '');
    const bySparkle = await checked('2.0.1', ...key);
    const byAnother = await checked('2.0.2', ...key);

    expect(byTauri).toMatchObject({ code: 0, passed: true });
    expect(bySparkle).toMatchObject({ code: 0, passed: true });
    expect(byAnother).toMatchObject({ code: 1, passed: false });
    expect(byAnother.checks).toMatchObject([
      { check: 'appcast', filename: 'updates.xml', line: 10, verdict: 'failed' },
      { verdict: 'skipped' },
    ]);
  });

  test('compares older entries with the files that the channel serves', async () => {
    await publish('3.0.0', { 'App-1.3.0-full.nupkg': 'other bytes' });
    await publish('3.1.0', velopack.files);
    await house.stowage(['channel', 'set', 'win', '3.0.0']);

    const alone = await checked('3.1.0');
    const inChannel = await checked('3.1.0', '--channel', 'win');

    expect(alone).toMatchObject({ code: 0, passed: true });
    expect(inChannel).toMatchObject({ code: 1, passed: false });
    expect(inChannel.checks.map(({ verdict }) => verdict)).toEqual(['failed', 'failed', 'failed']);
  });

  test('a yanked file that a feed names fails', async () => {
    await publish('4.0.0', electron.files);
    await house.stowage(['yank', '4.0.0/App-1.4.0.exe']);

    const { code, checks } = await checked('4.0.0');

    expect(code).toBe(1);
    expect(checks[0]).toMatchObject({ detail: expect.stringContaining('is yanked') });
  });

  test('a connection that breaks is tried again, and bytes that changed on the way fail', async () => {
    await publish('4.1.0', electron.files);
    // The service checks only for tokens that move channels.
    const made = await house.stowage([
      'token',
      'create',
      '--name',
      'r',
      '--scope',
      'read',
      '--json',
    ]);
    const env = { STOWAGE_TOKEN: String(JSON.parse(made.stdout).token) };
    const isInstaller = ({ method, path }: { method: string; path: string }) =>
      method === 'GET' && path.startsWith('/blobs/') && path.endsWith('.exe');
    let reads = 0;
    house.proxy.decide = (seen) =>
      isInstaller(seen) && ++reads === 1 ? { cutAfter: 100 } : 'forward';
    const repeated = await house.stowage(['check', '4.1.0'], { env });
    house.proxy.decide = (seen) => (isInstaller(seen) ? { flipByteAt: 100 } : 'forward');
    const changed = await house.stowage(['check', '4.1.0'], { env });
    house.proxy.reset();

    expect(repeated).toMatchObject({ code: 0, stderr: '4.1.0: all checks passed\n' });
    expect(reads).toBe(2);
    expect(changed).toMatchObject({ code: 1, stdout: '' });
    expect(changed.stderr).toContain('arrived with other bytes than its record has (INTEGRITY)');
  });

  test('a version without feeds passes', async () => {
    await publish('5.0.0', { 'tool.bin': 'tool' });

    expect(await house.stowage(['check', '5.0.0'])).toMatchObject({
      code: 0,
      stdout: '5.0.0: has no feeds, lists of digests or signatures to check\n',
    });
  });

  test('refuses what is no key, no version, and no feed of the version', async () => {
    await publish('6.0.0', { 'latest.json': textIn(tauri.files, 'latest.json') });
    const refusals = [
      [['6.0.0', '--minisign-key', 'x'], 2, /public key of minisign/],
      [['6.0.0', '--ed25519-key', 'x'], 2, /32 bytes in base64/],
      [['6.0.0', '--feed', 'updates.xml'], 1, /has no file "updates\.xml"/],
      [['6.0.1'], 1, /6\.0\.1/],
      [['6.0.0', '--channel', 'none'], 1, /no channel none/],
    ] as const;

    for (const [words, code, message] of refusals) {
      const ran = await house.stowage(['check', ...words]);
      expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
    }
  });
});
