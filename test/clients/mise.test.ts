/** mise, unmodified, installs a tool by its `http:` backend, with the versions of the index. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { mise, miseProgram } from '../../tools/servers/mise.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Bytes, describeServers, type ReleaseHouse } from './release-house.ts';
import { type Ran, runClient } from './run-client.ts';

/** A checksum that no file has. */
const NO_FILE = '0'.repeat(64);

/** An archive with a program that says its version. */
async function archive(version: string): Promise<Bytes> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-mise-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'tool'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  const path = join(folder, 'tool.tar.gz');
  await promisify(execFile)('tar', ['-czf', path, '-C', folder, 'bin']);
  return readFile(path);
}

function configOf({ url }: ReleaseHouse, filename: string): string {
  return `[tools."http:tool"]
version = "latest"
url = "${url}/packages/{{version}}/${filename}"
checksum_url = "${url}/packages/{{version}}/SHA256SUMS"
version_list_url = "${url}/packages"
version_json_path = ".items[].versionId"
version_order = "semver"
`;
}

async function run(house: ReleaseHouse, config: string, ...words: readonly string[]): Promise<Ran> {
  const home = house.folder;
  await writeFile(join(home, 'mise.toml'), config);
  if (house.token !== undefined) {
    const host = new URL(house.url).hostname;
    const entry = `machine ${host} login token password ${house.token}\n`;
    await writeFile(join(home, '.netrc'), entry, { mode: 0o600 });
  }
  const env = {
    HOME: home,
    MISE_TRUSTED_CONFIG_PATHS: home,
    MISE_DATA_DIR: join(home, 'data'),
    MISE_CACHE_DIR: join(home, 'cache'),
    MISE_STATE_DIR: join(home, 'state'),
    MISE_CONFIG_DIR: join(home, 'config'),
    MISE_YES: '1',
    NO_COLOR: '1',
  };
  return runClient(miseProgram(), ['-C', home, ...words], { cwd: home, env });
}

if (mise.isThere()) {
  describeServers((house) => {
    const filename = 'tool-{{version}}-linux.tar.gz';
    let newest: Bytes;
    beforeAll(async () => {
      newest = await archive('1.10.0');
      await house.publish('1.9.0', { 'tool-1.9.0-linux.tar.gz': await archive('1.9.0') });
      await house.publish('1.10.0', { 'tool-1.10.0-linux.tar.gz': newest });
      await house.publish('0.1.0', {
        'tool-0.1.0-linux.tar.gz': await archive('0.1.0'),
        'foreign-sums.txt': `${NO_FILE}  tool-0.1.0-linux.tar.gz\n`,
      });
    });

    test('mise lists the versions of the index, and installs the newest one', async () => {
      const config = configOf(house, filename);

      const listed = await run(house, config, 'ls-remote', 'http:tool');
      expect({ versions: listed.stdout.trim().split('\n'), said: listed.stderr }).toEqual({
        versions: ['0.1.0', '1.9.0', '1.10.0'],
        said: '',
      });
      const installed = await run(house, config, 'install');
      expect(installed).toMatchObject({ code: 0 });
      const said = await run(house, config, 'exec', '--', 'tool');
      expect(said.stdout).toBe('1.10.0\n');
      expect(house.followed.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    });

    test('mise installs nothing whose checksum is another one', async () => {
      const config = configOf(house, filename)
        .replace('"latest"', '"0.1.0"')
        .replace(/^checksum_url.*$/m, `checksum = "sha256:${NO_FILE}"`);

      const ran = await run(house, config, 'install');

      expect(ran.code).not.toBe(0);
      expect(ran.stderr).toMatch(/checksum/i);
    });

    test('mise lock writes down the checksum from SHA256SUMS, and mise installs by it', async () => {
      const config = configOf(house, filename);

      expect(await run(house, config, 'lock')).toMatchObject({ code: 0 });
      const lock = await readFile(join(house.folder, 'mise.lock'), 'utf8');
      expect(lock).toContain(`checksum = "sha256:${sha256Of(newest)}"`);
      expect(await run(house, config, 'install', '--locked')).toMatchObject({ code: 0 });

      expect((await run(house, config, 'exec', '--', 'tool')).stdout).toBe('1.10.0\n');
    });

    test('mise checks a file against checksum_url only if there is a lockfile', async () => {
      const config = configOf(house, filename)
        .replace('"latest"', '"0.1.0"')
        .replace('SHA256SUMS', 'foreign-sums.txt');

      expect(await run(house, config, 'install')).toMatchObject({ code: 0 });
      await run(house, config, 'uninstall', '--all');
      await run(house, config, 'lock');
      const locked = await run(house, config, 'install');

      expect(locked.code).not.toBe(0);
      expect(locked.stderr).toContain(`Expected: sha256:${NO_FILE}`);
    });
  });
} else {
  describe('mise', () => {
    test.skip('mise is not installed: tools are not installed by it', () => {});
  });
}
