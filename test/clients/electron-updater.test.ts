/** electron-updater, unmodified, updates an app from a channel. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { AppUpdater } from 'electron-updater';
// Its main module makes an updater of Electron's when jest looks at what it exports.
import { DebUpdater } from 'electron-updater/out/DebUpdater.js';
import { NsisUpdater } from 'electron-updater/out/NsisUpdater.js';
import { findVersitygw } from '../support/servers/versitygw.ts';
import { CACHE_NAME, installApp, runInNode } from './electron-app.ts';
import { electronRelease } from './electron-release.ts';
import { type Bytes, describeServers, ReleaseHouse } from './release-house.ts';

describeServers(describeUpdates);
describe('from an S3 server whose bytes the service sends itself, with a token', () => {
  if (findVersitygw() === undefined)
    test.skip('versitygw is not installed: updates through the service are not tested', () => {});
  else describeUpdates(new ReleaseHouse(true, false, { PRESIGNED_URLS: 'false' }));
});

function describeUpdates(house: ReleaseHouse): void {
  test('DebUpdater finds 1.1.0 through the channel, and verifies what it downloads', async () => {
    const deb = randomBytes(100_000);
    await house.publish(
      '1.1.0',
      electronRelease('1.1.0', 'latest-linux.yml', 'app_1.1.0_amd64.deb', deb),
    );
    await house.point('deb', '1.1.0');
    const updater = new DebUpdater(null, await installApp(house.folder, '1.0.0', feedOf('deb')));
    const log = runInNode(updater, 'linux');
    authorize(updater);

    const found = await updater.checkForUpdates();
    const [path = ''] = await updater.downloadUpdate();

    expect(found?.updateInfo.version).toBe('1.1.0');
    expect((await readFile(path)).equals(deb)).toBe(true);
    expect(log.filter((line) => line.includes('rror'))).toEqual([]);
    expectRedirects(1);
  });

  test('DebUpdater gets the version that is rolled out to it, and the one before when that is paused', async () => {
    const bytes = new Map(['1.1.0', '1.2.0'].map((version) => [version, randomBytes(10_000)]));
    for (const [version, deb] of bytes) {
      const file = `roll_${version}_amd64.deb`;
      const files = electronRelease(version, 'latest-linux.yml', file, deb);
      await house.publish(`roll-${version}`, files);
    }
    await house.point('roll', 'roll-1.1.0');
    const rollOut = (percent: number, paused: boolean) =>
      house.client.putRollout('roll', { versionId: 'roll-1.2.0', percent, paused });
    const updater = new DebUpdater(null, await installApp(house.folder, '1.0.0', feedOf('roll')));
    runInNode(updater, 'linux');
    authorize(updater);
    const update = async () => {
      const found = await updater.checkForUpdates();
      const [path = ''] = await updater.downloadUpdate();
      const version = found?.updateInfo.version ?? '';
      expect(bytes.get(version)?.equals(await readFile(path))).toBe(true);
      return version;
    };

    await rollOut(0, false);
    expect(await update()).toBe('1.1.0');
    await rollOut(100, false);
    expect(await update()).toBe('1.2.0');
    await rollOut(100, true);
    expect(await update()).toBe('1.1.0');
    await house.client.completeRollout('roll');
    expect(await update()).toBe('1.2.0');
  });

  test('NsisUpdater refuses an installer that is not the one in the feed', async () => {
    const { 'latest.yml': feed = '', ...files } = electronRelease(
      '1.1.0',
      'latest.yml',
      'Bad-1.1.0.exe',
      randomBytes(1000),
    );
    await house.publish('bad', {
      ...files,
      'Bad-1.1.0.exe': randomBytes(1000),
      'latest.yml': feed,
    });
    await house.pointUnchecked('bad', 'bad');
    const updater = new NsisUpdater(null, await installApp(house.folder, '1.0.0', feedOf('bad')));
    runInNode(updater, 'win32');
    updater.disableDifferentialDownload = true;
    authorize(updater);
    await updater.checkForUpdates();

    // An update that fails is an event, too.
    updater.on('error', () => {});
    await expect(updater.downloadUpdate()).rejects.toThrow('sha512 checksum mismatch');
  });

  // It adds the token to the second range, which goes to the storage directly: that is refused, and it goes on
  // to write to a file that it has closed. docs/clients/electron-updater.md names the ways out.
  if (!(house.isRedirecting && !house.isPublic)) {
    test('NsisUpdater downloads only what changed, with the old block map from the memory of the channel', async () => {
      const { updater, log, installer } = await updateDifferentially('diff');

      const found = await updater.checkForUpdates();
      const [path = ''] = await updater.downloadUpdate();

      expect(found?.updateInfo.version).toBe('1.1.0');
      expect((await readFile(path)).equals(installer)).toBe(true);
      expect(log).toContainEqual(
        expect.stringContaining(`${house.url}/channels/diff/Diff-1.0.0.exe.blockmap`),
      );
      expect(log).toContainEqual(expect.stringMatching(/^Full: .* To download: .*\(\d%\)$/));
      expect(log.filter((line) => line.includes('fallback to full download'))).toEqual([]);
      // Two block maps, and three ranges.
      if (house.isRedirecting) expectRedirects(2 + 3);
    });
  }

  test('NsisUpdater gets the whole installer where it asks for many ranges at once', async () => {
    const { updater, log, installer } = await updateDifferentially('many', {
      useMultipleRangeRequest: true,
    });

    await updater.checkForUpdates();
    const [path = ''] = await updater.downloadUpdate();

    expect((await readFile(path)).equals(installer)).toBe(true);
    expect(log.filter((line) => line.includes('fallback to full download')).length).toBe(1);
  });

  async function updateDifferentially(channel: string, config = {}) {
    const old = randomBytes(100 * 4096);
    const installer = changed(old, [3, 50, 51, 90]);
    const name = (version: string) => `Diff-${version}.exe`;
    await house.publish(
      `${channel}-1.0.0`,
      electronRelease('1.0.0', 'latest.yml', name('1.0.0'), old),
    );
    await house.publish(
      `${channel}-1.1.0`,
      electronRelease('1.1.0', 'latest.yml', name('1.1.0'), installer),
    );
    await house.point(channel, `${channel}-1.0.0`);
    await house.point(channel, `${channel}-1.1.0`);
    const app = await installApp(house.folder, '1.0.0', { ...feedOf(channel), ...config });
    await writeFile(join(house.folder, CACHE_NAME, 'installer.exe'), old);
    const updater = new NsisUpdater(null, app);
    const log = runInNode(updater, 'win32');
    authorize(updater);
    return { updater, log, installer };
  }

  /** The `publish` section of electron-builder, as docs/clients/electron-updater.md has it. */
  function feedOf(channel: string) {
    return {
      provider: 'generic',
      url: `${house.url}/channels/${channel}`,
      useMultipleRangeRequest: false,
    };
  }

  function authorize(updater: AppUpdater): void {
    if (house.token !== undefined) updater.addAuthHeader(`Bearer ${house.token}`);
  }

  /** @param least downloads that another origin must have got */
  function expectRedirects(least: number): void {
    if (!house.isRedirecting) return;
    expect(house.followed.length).toBeGreaterThanOrEqual(least);
    expect(house.followed.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  }
}

/** Equal bytes but for these blocks. */
function changed(bytes: Bytes, blocks: readonly number[]): Bytes {
  const copy = Buffer.from(bytes);
  for (const block of blocks) randomBytes(4096).copy(copy, block * 4096);
  return copy;
}
