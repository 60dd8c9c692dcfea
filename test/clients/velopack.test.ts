/** Velopack's update client, unmodified, updates an app from a channel. */
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { velopack, velopackPython } from '../../tools/servers/velopack.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Bytes, describeServers, type Files, type ReleaseHouse } from './release-house.ts';
import { type Ran, runClient } from './run-client.ts';

const APP = join(import.meta.dirname, 'velopack-app.py');

interface Asset {
  readonly version: string;
  readonly type: 'Full' | 'Delta';
  readonly bytes: Bytes;
}

if (!velopack.isThere()) {
  describe('Velopack', () => {
    test.skip('velopack is not installed: updates by it are not tested', () => {});
  });
} else {
  describeServers((house) => {
    test('Velopack finds 1.1.0 through the channel, and verifies what it downloads', async () => {
      const full = await pack(house, '1.1.0', 200_000);
      await house.publish('1.1.0', releaseOf([{ version: '1.1.0', type: 'Full', bytes: full }]));
      await house.point('full', '1.1.0');

      const ran = await update(house, '1.0.0', 'full');

      expect(reportOf(ran)).toMatchObject({ version: '1.1.0', deltas: [] });
      const path = join(house.folder, 'packages', 'App-1.1.0-full.nupkg');
      expect((await readFile(path)).equals(full)).toBe(true);
      // What another origin got with a token was refused.
      expect(house.followed.length).toBe(house.isOverS3 ? 2 : 0);
    });

    test('Velopack refuses a package that is not the one in the feed', async () => {
      const full = await pack(house, '1.1.0', 1000);
      const files = releaseOf([{ version: '1.1.0', type: 'Full', bytes: full }]);
      const other = Buffer.from(full);
      other.writeUInt8(other.readUInt8(200) ^ 1, 200);
      await house.publish('tampered', { ...files, 'App-1.1.0-full.nupkg': other });
      await house.pointUnchecked('tampered', 'tampered');

      const { code, stderr } = await update(house, '1.0.0', 'tampered');

      expect([code, stderr]).toEqual([1, expect.stringMatching(/checksum|SHA256/i)]);
    });

    test('Velopack gets the version that is rolled out to it, and the one before when that is ended', async () => {
      for (const version of ['1.1.0', '1.2.0']) {
        const bytes = await pack(house, version, 1000);
        await house.publish(`roll-${version}`, {
          ...releaseOf([{ version, type: 'Full', bytes }]),
          'App-Setup.exe': randomBytes(10),
        });
      }
      await house.point('roll', 'roll-1.1.0');
      const share = { versionId: 'roll-1.2.0', percent: 100 };
      await house.client.putRollout('roll', share);

      expect(reportOf(await update(house, '1.0.0', 'roll'))).toMatchObject({ version: '1.2.0' });
      await house.client.deleteRollout('roll');
      await rm(join(house.folder, 'packages'), { recursive: true });
      expect(reportOf(await update(house, '1.0.0', 'roll'))).toMatchObject({ version: '1.1.0' });
    });

    test('Velopack gets the deltas of earlier versions through the memory of the channel', async () => {
      const [base, middle, newest] = await Promise.all(
        ['1.0.0', '1.0.1', '1.0.2'].map((version) => pack(house, version, 100_000)),
      );
      if (!base || !middle || !newest) throw new Error('three packages were packed');
      const assets: readonly Asset[] = [
        { version: '1.0.1', type: 'Full', bytes: middle },
        { version: '1.0.1', type: 'Delta', bytes: await pack(house, '1.0.1', 100) },
        { version: '1.0.2', type: 'Full', bytes: newest },
        { version: '1.0.2', type: 'Delta', bytes: await pack(house, '1.0.2', 100) },
      ];
      await house.publish('d1.0.1', releaseOf(assets.slice(0, 2)));
      // The feed names the packages of both versions, the version holds its own.
      const feed = { 'releases.linux.json': feedOf(assets) };
      await house.publish('d1.0.2', { ...releaseOf(assets.slice(2)), ...feed });
      await house.point('delta', 'd1.0.1');
      await house.point('delta', 'd1.0.2');
      await mkdir(join(house.folder, 'packages'));
      await copyFile(
        join(house.folder, '1.0.0-100000.nupkg'),
        join(house.folder, 'packages', 'App-1.0.0-full.nupkg'),
      );
      await writeFile(join(house.folder, 'newest'), newest);

      const ran = await update(house, '1.0.0', 'delta');

      const deltas = ['App-1.0.1-delta.nupkg', 'App-1.0.2-delta.nupkg'];
      expect(reportOf(ran)).toMatchObject({ version: '1.0.2', deltas });
      const patched = await readFile(join(house.folder, 'patched'), 'utf8');
      for (const delta of deltas) expect(patched).toContain(delta);
      // The feed, and two deltas: no full package.
      expect(house.followed.length).toBe(house.isOverS3 ? 3 : 0);
    });
  });
}

/** A package with random bytes: no two are alike. */
async function pack(house: ReleaseHouse, version: string, size: number): Promise<Bytes> {
  const file = join(house.folder, `${version}-${size}.nupkg`);
  const { code, stderr } = await runClient(velopackPython(), [
    APP,
    'pack',
    file,
    version,
    String(size),
  ]);
  if (code !== 0) throw new Error(stderr);
  return readFile(file);
}

function nameOf({ version, type }: Asset): string {
  return `App-${version}-${type.toLowerCase()}.nupkg`;
}

function releaseOf(assets: readonly Asset[]): Files {
  const packages = assets.map((asset) => [nameOf(asset), asset.bytes] as const);
  return { ...Object.fromEntries(packages), 'releases.linux.json': feedOf(assets) };
}

function feedOf(assets: readonly Asset[]): string {
  const entries = assets.map((asset) => ({
    PackageId: 'App',
    Version: asset.version,
    Type: asset.type,
    FileName: nameOf(asset),
    SHA1: createHash('sha1').update(asset.bytes).digest('hex').toUpperCase(),
    SHA256: sha256Of(asset.bytes).toUpperCase(),
    Size: asset.bytes.length,
  }));
  return JSON.stringify({ Assets: entries });
}

/**
 * The app of `version` updates itself. The program that vpk packs with an app, which applies deltas,
 * is not to be had: one that notes what it is given, and writes the newest package, takes its place.
 */
async function update(house: ReleaseHouse, version: string, channel: string): Promise<Ran> {
  const { folder, url, token } = house;
  await mkdir(join(folder, 'packages'), { recursive: true });
  const script = `#!/bin/sh
echo "$@" > ${folder}/patched
while [ "$1" != --output ]; do shift; done
cp ${folder}/newest "$2"
`;
  await writeFile(join(folder, 'update'), script, { mode: 0o700 });
  const args = [APP, 'update', folder, version, `${url}/channels/${channel}`];
  return runClient(velopackPython(), token === undefined ? args : [...args, token], {
    env: { HOME: folder },
  });
}

function reportOf({ code, stdout, stderr }: Ran): unknown {
  if (code !== 0) throw new Error(`the app ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
