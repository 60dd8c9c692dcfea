/** apt, unmodified, installs from a channel as from a flat repository. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AptRoot, AptSigner } from './apt-repository.ts';
import { describeServers, type ReleaseHouse } from './release-house.ts';
import { missingPrograms } from './run-client.ts';

const INSTALLED = 'usr/share/tool/version';
const missing = missingPrograms('apt-get', 'dpkg-deb', 'dpkg', 'gpg', 'gpgconf');
if (missing.length > 0) {
  describe('apt', () => {
    test.skip(`${missing.join(', ')} not installed: a channel as an apt repository is not tested`, () => {});
  });
} else {
  let signer: AptSigner;
  beforeAll(async () => {
    signer = await AptSigner.create();
  });
  afterAll(() => signer.remove());
  describeServers((house) => {
    test('apt installs what the signed index names, and upgrades after the channel moved', async () => {
      await house.publish('1.0.0', await signer.repository(house.folder, 'stable', '1.0.0'));
      await house.publish('1.1.0', await signer.repository(house.folder, 'stable', '1.1.0'));
      await house.point('stable', '1.0.0');
      const apt = await openApt(house, 'stable');

      await run(apt, 'update');
      await house.point('stable', '1.1.0');
      // It still knows the old index: the channel remembers what that names.
      await run(apt, 'install', '-y', 'tool');
      expect(await apt.installed(INSTALLED)).toBe('1.0.0\n');
      // Both indexes may be of the same second: apt asks by date whether there is another.
      await apt.forgetIndexes();
      await run(apt, 'update');
      await run(apt, 'upgrade', '-y');

      expect(await apt.installed(INSTALLED)).toBe('1.1.0\n');
      expect(house.followed.length > 0).toBe(house.isOverS3);
    });

    test('apt refuses a package that is not the one in the signed index', async () => {
      const files = await signer.repository(house.folder, 'tampered', '2.0.0');
      const deb = Buffer.from(files['tool_2.0.0_all.deb'] ?? '');
      deb.writeUInt8(deb.readUInt8(deb.length - 1) ^ 1, deb.length - 1);
      await house.publish('2.0.0', { ...files, 'tool_2.0.0_all.deb': deb });
      await house.pointUnchecked('tampered', '2.0.0');
      const apt = await openApt(house, 'tampered');
      await run(apt, 'update');

      const { code, stderr } = await apt.apt('install', '-y', '--download-only', 'tool');

      expect(code).toBe(100);
      expect(stderr).toContain('Hash Sum mismatch');
      expect(await apt.archives()).toEqual([]);
    });

    test('apt refuses an index that another key signed', async () => {
      const other = await AptSigner.create();
      try {
        await house.publish('3.0.0', await other.repository(house.folder, 'foreign', '3.0.0'));
      } finally {
        await other.remove();
      }
      await house.point('foreign', '3.0.0');

      const { code, stderr } = await (await openApt(house, 'foreign')).apt('update');

      expect([code, stderr]).toEqual([100, expect.stringContaining('NO_PUBKEY')]);
    });

    if (!house.isPublic) {
      test('apt without a token gets nothing', async () => {
        await house.publish('4.0.0', await signer.repository(house.folder, 'closed', '4.0.0'));
        await house.point('closed', '4.0.0');
        const key = join(house.folder, 'key.gpg');
        await signer.exportKey(key);
        const source = `deb [signed-by=${key}] ${house.url}/channels closed/`;
        const apt = await AptRoot.create(join(house.folder, 'root'), source, '');

        const { code, stderr } = await apt.apt('update');

        expect([code, stderr]).toEqual([100, expect.stringContaining('401')]);
      });
    }
  });

  async function openApt(house: ReleaseHouse, channel: string): Promise<AptRoot> {
    const key = join(house.folder, 'key.gpg');
    await signer.exportKey(key);
    const source = `deb [signed-by=${key}] ${house.url}/channels ${channel}/`;
    const auth =
      house.token === undefined
        ? ''
        : `machine ${house.url}/ login stowage password ${house.token}\n`;
    return AptRoot.create(join(house.folder, 'root'), source, auth);
  }
}

async function run(apt: AptRoot, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await apt.apt(...args);
  if (code !== 0) throw new Error(`apt-get ${args}: ${stdout}${stderr}`);
}
