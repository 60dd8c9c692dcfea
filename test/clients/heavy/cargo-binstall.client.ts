/** cargo-binstall, unmodified, installs a program from a version and from a channel, and checks its signature. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cargoBinstall, cargoBinstallProgram } from '../../../tools/servers/cargo-binstall.ts';
import { type Bytes, describeServers, type Files, type ReleaseHouse } from '../release-house.ts';
import { missingPrograms, mustRun, type Ran, runClient } from '../run-client.ts';

const TARGET = 'x86_64-unknown-linux-gnu';
const ARCHIVE = `tool-${TARGET}.tgz`;
const FROM_VERSION = 'packages/{ version }';
const FROM_CHANNEL = 'channels/stable';

/** Packs and signs as docs/clients/cargo-binstall.md says. */
class Signer {
  readonly folder: string;
  #publicKey = '';

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Signer> {
    const signer = new Signer(await mkdtemp(join(tmpdir(), 'stowage-minisign-')));
    const { folder } = signer;
    await mustRun('minisign', ['-G', '-W', '-p', 'signing.pub', '-s', 'signing.key'], {
      cwd: folder,
    });
    const [, key = ''] = (await readFile(join(folder, 'signing.pub'), 'utf8')).split('\n');
    signer.#publicKey = key;
    return signer;
  }

  get publicKey(): string {
    return this.#publicKey;
  }

  /** The archive with a program that says this, and its signature. */
  async release(word: string): Promise<Files> {
    const { folder } = this;
    await writeFile(join(folder, 'tool'), `#!/bin/sh\necho ${word}\n`);
    await chmod(join(folder, 'tool'), 0o755);
    await mustRun('tar', ['-czf', ARCHIVE, 'tool'], { cwd: folder });
    const words = ['-S', '-W', '-s', 'signing.key', '-x', `${ARCHIVE}.sig`, '-m', ARCHIVE];
    await mustRun('minisign', words, { cwd: folder });
    const bytesOf = (name: string): Promise<Bytes> => readFile(join(folder, name));
    return {
      [ARCHIVE]: await bytesOf(ARCHIVE),
      [`${ARCHIVE}.sig`]: await bytesOf(`${ARCHIVE}.sig`),
    };
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

interface Wish {
  readonly version: string;
  /** Where it downloads from, as a template. */
  readonly path: string;
  /** Whether `--pkg-url` has the token in it. @default where the server wants one */
  readonly withToken?: boolean;
}

/** Installs by a manifest on this machine, as if crates.io had it, into an empty home. */
async function install(
  house: ReleaseHouse,
  publicKey: string,
  { version, path, withToken = house.token !== undefined }: Wish,
): Promise<Ran> {
  const crate = join(house.folder, 'crate');
  await mkdir(join(crate, 'src'), { recursive: true });
  await writeFile(join(crate, 'src', 'main.rs'), 'fn main() {}\n');
  const url = `${house.url}/${path}/{ name }-{ target }{ archive-suffix }`;
  const manifest = `[package]
name = "tool"
version = "${version}"

[package.metadata.binstall]
pkg-url = "${url}"
pkg-fmt = "tgz"
bin-dir = "{ bin }{ binary-ext }"

[package.metadata.binstall.signing]
algorithm = "minisign"
pubkey = "${publicKey}"
`;
  await writeFile(join(crate, 'Cargo.toml'), manifest);
  const withLogin = url.replace('://', `://stowage:${house.token}@`);
  const words = [
    ...['tool', '--manifest-path', crate, '--no-confirm', '--only-signed'],
    // It is to install from here or not at all.
    ...['--strategies', 'crate-meta-data', '--targets', TARGET],
    // The servers of the tests have no certificates.
    '--allow-insecure-http',
    ...(withToken ? ['--pkg-url', withLogin] : []),
  ];
  return runClient(cargoBinstallProgram(), words, {
    cwd: house.folder,
    env: { HOME: house.folder, CARGO_HOME: join(house.folder, 'cargo'), NO_COLOR: '1' },
  });
}

function installed(house: ReleaseHouse): Promise<Ran> {
  return runClient(join(house.folder, 'cargo', 'bin', 'tool'), []);
}

const missing = missingPrograms('minisign', 'tar');
if (cargoBinstall.isThere() && missing.length === 0) {
  let signer: Signer;
  let files: Files;
  let other: Files;
  beforeAll(async () => {
    signer = await Signer.create();
    other = await signer.release('other');
    files = await signer.release('genuine');
  });
  afterAll(() => signer.remove());

  describeServers((house) => {
    beforeAll(async () => {
      await house.publish('1.4.0', files);
      await house.publish('1.5.0', { ...files, [ARCHIVE]: other[ARCHIVE] ?? '' });
      await house.point('stable', '1.4.0');
    });

    test.each([FROM_VERSION, FROM_CHANNEL])(
      'cargo-binstall installs from %s what the key in the manifest signed',
      async (path) => {
        const ran = await install(house, signer.publicKey, { version: '1.4.0', path });

        expect(ran).toMatchObject({ code: 0 });
        expect((await installed(house)).stdout).toBe('genuine\n');
        expect(house.followed.length > 0).toBe(house.isRedirecting);
        const tokens = house.followed.map(({ headers }) => headers.authorization);
        expect(tokens.every((token) => token === undefined)).toBe(true);
      },
    );

    test('cargo-binstall refuses a file that is not the one that was signed', async () => {
      const ran = await install(house, signer.publicKey, { version: '1.5.0', path: FROM_VERSION });

      expect(ran.code).not.toBe(0);
      expect(ran.stdout).toContain('Failed to verify signature');
      await expect(installed(house)).rejects.toThrow('ENOENT');
    });

    if (!house.isPublic) {
      test('cargo-binstall installs nothing without the token, and reads no netrc', async () => {
        const netrc = `machine 127.0.0.1 login stowage password ${house.token}\n`;
        await writeFile(join(house.folder, '.netrc'), netrc, { mode: 0o600 });

        const ran = await install(house, signer.publicKey, {
          version: '1.4.0',
          path: FROM_VERSION,
          withToken: false,
        });

        expect(ran.code).not.toBe(0);
        await expect(installed(house)).rejects.toThrow('ENOENT');
      });
    }
  });
} else {
  describe('cargo-binstall', () => {
    test.skip('cargo-binstall or minisign is not installed: programs are not installed by it', () => {});
  });
}
