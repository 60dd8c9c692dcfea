/** A flat apt repository of one package, signed by a key of its own, and a machine's root that trusts it. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Of } from '../fixtures/sha256-of.ts';
import type { Files } from './release-house.ts';
import { mustRun, type Ran, runClient } from './run-client.ts';

/** The commands that docs/clients/apt.md names. */
export class AptSigner {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  static async create(): Promise<AptSigner> {
    const signer = new AptSigner(await mkdtemp(join(tmpdir(), 'stowage-gpg-')));
    const id = 'Releases <releases@example.com>';
    await signer.#gpg('--passphrase', '', '--quick-generate-key', id, 'ed25519', 'sign', 'never');
    return signer;
  }

  /** @param file gets the public key */
  async exportKey(file: string): Promise<void> {
    await this.#gpg('--output', file, '--export');
  }

  /** @param channel the folder that `Filename` names: the name of the channel */
  async repository(folder: string, channel: string, version: string): Promise<Files> {
    const deb = `tool_${version}_all.deb`;
    const root = join(folder, `build-${version}`);
    const control = `Package: tool
Version: ${version}
Architecture: all
Maintainer: Releases <releases@example.com>
Description: a tool
`;
    await mkdir(join(root, 'DEBIAN'), { recursive: true });
    await writeFile(join(root, 'DEBIAN', 'control'), control);
    await mkdir(join(root, 'usr', 'share', 'tool'), { recursive: true });
    await writeFile(join(root, 'usr', 'share', 'tool', 'version'), `${version}\n`);
    await mustRun('dpkg-deb', ['--root-owner-group', '--build', root, join(folder, deb)]);
    const bytes = await readFile(join(folder, deb));
    const packages = `${control}Filename: ${channel}/${deb}
Size: ${bytes.length}
SHA256: ${sha256Of(bytes)}

`;
    const release = `Suite: ${channel}
Date: ${new Date().toUTCString()}
SHA256:
 ${sha256Of(packages)} ${Buffer.byteLength(packages)} Packages
`;
    const [unsigned, signed] = [join(folder, 'Release'), join(folder, 'InRelease')];
    await writeFile(unsigned, release);
    await this.#gpg('--output', signed, '--clearsign', unsigned);
    return { [deb]: bytes, Packages: packages, InRelease: await readFile(signed) };
  }

  async remove(): Promise<void> {
    await runClient('gpgconf', ['--homedir', this.#home, '--kill', 'gpg-agent']);
    await rm(this.#home, { recursive: true, force: true });
  }

  async #gpg(...args: readonly string[]): Promise<void> {
    await mustRun('gpg', ['--homedir', this.#home, '--batch', '--yes', '--quiet', ...args]);
  }
}

const FOLDERS = [
  'etc/apt/apt.conf.d',
  'etc/apt/auth.conf.d',
  'etc/apt/preferences.d',
  'etc/apt/sources.list.d',
  'etc/apt/trusted.gpg.d',
  'state/lists/partial',
  'cache/archives/partial',
  'var/lib/dpkg/updates',
  'var/lib/dpkg/info',
  'var/log',
];

/** An apt of this machine with folders of its own: nothing of the machine is read or changed. */
export class AptRoot {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** @param auth the lines of auth.conf */
  static async create(root: string, source: string, auth: string): Promise<AptRoot> {
    for (const folder of FOLDERS) await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, 'etc/apt/sources.list'), `${source}\n`);
    await writeFile(join(root, 'etc/apt/auth.conf'), auth, { mode: 0o600 });
    await writeFile(join(root, 'var/lib/dpkg/status'), '');
    // Read before all others, so that those of the machine are not.
    const settings = {
      'Dir::Etc': join(root, 'etc/apt'),
      'Dir::State': join(root, 'state'),
      'Dir::State::status': join(root, 'var/lib/dpkg/status'),
      'Dir::Cache': join(root, 'cache'),
      'Dir::Log': root,
      'APT::Sandbox::User': '',
      'APT::Architecture': 'amd64',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '0',
      'Dpkg::Use-Pty': 'false',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
    const dpkg = `DPkg::Options { "--root=${root}"; "--log=${join(root, 'dpkg.log')}"; };\n`;
    await writeFile(join(root, 'apt.conf'), `${lines.join('')}${dpkg}`);
    return new AptRoot(root);
  }

  apt(...args: readonly string[]): Promise<Ran> {
    return runClient('apt-get', ['-q', ...args], {
      env: { APT_CONFIG: join(this.#root, 'apt.conf'), DEBIAN_FRONTEND: 'noninteractive' },
      cwd: this.#root,
    });
  }

  /** The packages that apt has downloaded and verified. */
  async archives(): Promise<readonly string[]> {
    const files = await readdir(join(this.#root, 'cache/archives'));
    return files.filter((file) => file.endsWith('.deb'));
  }

  async forgetIndexes(): Promise<void> {
    await rm(join(this.#root, 'state/lists'), { recursive: true });
    await mkdir(join(this.#root, 'state/lists/partial'), { recursive: true });
  }

  /** A file that a package has installed. */
  installed(path: string): Promise<string> {
    return readFile(join(this.#root, path), 'utf8');
  }
}
