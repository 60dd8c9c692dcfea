/** curl and wget, unmodified, download with the token in netrc, and sha256sum checks what they wrote. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeServers, type Files, type ReleaseHouse } from './release-house.ts';
import { missingPrograms, type Ran, runClient } from './run-client.ts';

const FILES: Files = {
  'App-1.4.0.exe': 'installer\n',
  'tool-linux-amd64': 'binary\n',
  'tool_1.4.0+deb12_amd64.deb': 'deb\n',
  RELEASES: 'feed\n',
};
const NAMES = Object.keys(FILES).sort();

const missing = missingPrograms('curl', 'wget', 'sha256sum');
if (missing.length > 0) {
  describe('curl and wget', () => {
    test.skip(`${missing.join(', ')} not installed: downloads with netrc are not tested`, () => {});
  });
} else {
  describeServers((house) => {
    test('curl -n -fLO downloads by filename, and through a channel', async () => {
      await prepare(house);

      for (const base of ['packages/1.4.0', 'channels/stable'])
        for (const [name, content] of Object.entries(FILES)) {
          const url = `${house.url}/${base}/${encodeURIComponent(name)}`;
          const { code, stderr } = await inHome(house, 'curl', '-n', '-fsSL', '-o', name, url);
          expect([name, code, stderr]).toEqual([name, 0, '']);
          expect(await readFile(join(house.folder, name), 'utf8')).toBe(content);
        }
      expect(house.followed.length).toBe(house.isOverS3 ? 2 * NAMES.length : 0);
    });

    test('curl -n -fLO stores a file under the last segment of its link', async () => {
      await prepare(house);

      const url = `${house.url}/channels/stable/App-1.4.0.exe`;
      const { code } = await inHome(house, 'curl', '-n', '-fsSLO', url);

      expect(code).toBe(0);
      expect(await readFile(join(house.folder, 'App-1.4.0.exe'), 'utf8')).toBe('installer\n');
    });

    test('wget stores a file under the last segment of its link', async () => {
      await prepare(house);

      for (const name of NAMES) {
        const url = `${house.url}/channels/stable/${encodeURIComponent(name)}`;
        const { code, stderr } = await inHome(house, 'wget', '-nv', url);
        expect([name, code, stderr]).toEqual([name, 0, expect.stringContaining(name)]);
        expect(await readFile(join(house.folder, name), 'utf8')).toBe(FILES[name]);
      }
    });

    test('sha256sum -c checks every file in a folder that curl -OJ filled by aliases', async () => {
      await prepare(house);
      const aliases = [];
      for await (const { packageId, ext } of house.client.listPackages('1.4.0'))
        aliases.push(`${packageId}.${ext}`);

      for (const alias of [...aliases, 'SHA256SUMS']) {
        const url = `${house.url}/packages/1.4.0/${alias}`;
        const { code } = await inHome(house, 'curl', '-n', '-fsSLOJ', url);
        expect([alias, code]).toEqual([alias, 0]);
      }
      const checked = await inHome(house, 'sha256sum', '-c', '--strict', 'SHA256SUMS');

      expect((await readdir(house.folder)).filter((name) => name !== 'home').sort()).toEqual(
        [...NAMES, 'SHA256SUMS'].sort(),
      );
      const lines = checked.stdout.trim().split('\n').sort();
      expect([checked.code, lines]).toEqual([0, NAMES.map((name) => `${name}: OK`)]);
    });

    test('curl continues a download where it stopped', async () => {
      await prepare(house);
      await writeFile(join(house.folder, 'App-1.4.0.exe'), 'inst');

      const url = `${house.url}/channels/stable/App-1.4.0.exe`;
      const { code } = await inHome(house, 'curl', '-n', '-fsSLO', '-C', '-', url);

      expect(code).toBe(0);
      expect(await readFile(join(house.folder, 'App-1.4.0.exe'), 'utf8')).toBe('installer\n');
    });

    if (!house.isPublic) {
      test('curl and wget without netrc get 401', async () => {
        await prepare(house);
        const url = `${house.url}/channels/stable/App-1.4.0.exe`;

        const curl = await inHome(house, 'curl', '-fsSLO', url);
        const wget = await inHome(house, 'wget', '-nv', '--no-netrc', url);

        expect([curl.code, curl.stderr]).toEqual([22, expect.stringContaining('401')]);
        // Its exit code for a login that failed.
        expect(wget.code).toBe(6);
      });
    }
  });
}

/** The release, and a home with a netrc. */
async function prepare(house: ReleaseHouse): Promise<void> {
  await house.publish('1.4.0', FILES);
  await house.point('stable', '1.4.0');
  const home = join(house.folder, 'home');
  await mkdir(home);
  const { token } = house;
  const lines =
    token === undefined ? '' : `machine 127.0.0.1\n  login stowage\n  password ${token}\n`;
  await writeFile(join(home, '.netrc'), lines, { mode: 0o600 });
}

function inHome(house: ReleaseHouse, program: string, ...args: readonly string[]): Promise<Ran> {
  return runClient(program, args, {
    cwd: house.folder,
    env: { HOME: join(house.folder, 'home') },
  });
}
