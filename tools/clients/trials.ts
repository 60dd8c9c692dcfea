/** The stock clients: what shows that each works, how its version is read, and why some are not run. */
import { join } from 'node:path';
import { cargoBinstall, cargoBinstallProgram } from '../servers/cargo-binstall.ts';
import { busybox, minisign } from '../servers/debian-packages.ts';
import { helm, helmProgram } from '../servers/helm.ts';
import type { Installable } from '../servers/installable.ts';
import { mise, miseProgram } from '../servers/mise.ts';
import { shellcheck } from '../servers/shellcheck.ts';
import { velopack, velopackPython } from '../servers/velopack.ts';

type Command = readonly [program: string, ...args: readonly string[]];

export interface Trial {
  readonly client: string;
  /** In docs/clients/. */
  readonly page: string;
  /** What is run, or why nothing is. */
  readonly what: string;
  /** The file that runs it. Without one it is not run. */
  readonly test?: string;
  /** What `npm run clients` installs for it. */
  readonly needs?: readonly Installable[];
  /** What print versions, each with the version as the first number. */
  readonly versions?: readonly Command[];
  /** How the page is known to be right where nothing is run. */
  readonly source?: string;
}

const VELOPACK = 'from importlib.metadata import version as v; print(v("velopack"))';
const UPDATER = join('node_modules', 'electron-updater', 'package.json');

export const TRIALS: readonly Trial[] = [
  {
    client: 'curl, wget',
    page: 'curl-and-wget.md',
    what: 'netrc, filenames, aliases, a continued download, `sha256sum -c`',
    test: 'test/clients/curl-and-wget.test.ts',
    versions: [
      ['curl', '--version'],
      ['wget', '--version'],
    ],
  },
  {
    client: 'apt',
    page: 'apt.md',
    what: 'update, install, upgrade; a tampered package, a foreign signature, no token',
    test: 'test/clients/apt.test.ts',
    versions: [['apt-get', '--version']],
  },
  {
    client: 'electron-updater',
    page: 'electron-updater.md',
    what: 'DebUpdater and NsisUpdater in Node: check, download, differential download, a wrong file, a rollout',
    test: 'test/clients/electron-updater.test.ts',
    versions: [['node', '-p', `JSON.parse(fs.readFileSync('${UPDATER}')).version`]],
  },
  {
    client: 'Velopack',
    page: 'velopack.md',
    what: 'check, download, a wrong file, a rollout, deltas of two versions; the program that applies deltas was replaced',
    test: 'test/clients/velopack.test.ts',
    needs: [velopack],
    versions: [[velopackPython(), '-c', VELOPACK]],
  },
  {
    client: 'mise',
    page: 'mise.md',
    what: 'list of versions, install, lockfile with checksums, a wrong checksum',
    test: 'test/clients/mise.test.ts',
    needs: [mise],
    versions: [[miseProgram(), '--version']],
  },
  {
    client: 'Helm',
    page: 'helm.md',
    what: 'repository, search, pull, earlier charts, a moved channel; a tampered chart, no token',
    test: 'test/clients/heavy/helm.client.ts',
    needs: [helm],
    versions: [[helmProgram(), 'version', '--template', '{{.Version}}']],
  },
  {
    client: 'cargo-binstall',
    page: 'cargo-binstall.md',
    what: 'install from a version and from a channel, signature; a tampered file, no token',
    test: 'test/clients/heavy/cargo-binstall.client.ts',
    needs: [cargoBinstall, minisign],
    versions: [[cargoBinstallProgram(), '-V']],
  },
  {
    client: 'an install script',
    page: 'install-script.md',
    what: 'under dash and bash: install, next version, an earlier version, token, wrong checksum; curl, GNU Wget and BusyBox',
    test: 'test/cli/install-script.test.ts',
    needs: [shellcheck, busybox],
  },
  {
    client: 'Homebrew',
    page: 'homebrew.md',
    what: 'the addresses and checksums of the example; Homebrew itself was not run',
    test: 'test/clients/journeys.test.ts',
    source: 'the documentation of Homebrew',
  },
  {
    client: 'Scoop',
    page: 'scoop.md',
    what: 'the addresses and checksums of the example; Scoop itself was not run: needs Windows',
    test: 'test/clients/journeys.test.ts',
    source: 'the documentation of Scoop',
  },
  {
    client: 'Tauri',
    page: 'tauri.md',
    what: 'the live feed is read by the rules of the plugin, its signature proven; a built app was not run',
    test: 'test/service/updates.test.ts',
    source: 'the source of tauri-plugin-updater 2.14.0',
  },
  {
    client: 'Squirrel.Mac',
    page: 'squirrel-mac.md',
    what: 'the live feed is read by the rules of Squirrel.Mac; an app was not run: needs macOS',
    test: 'test/service/updates.test.ts',
    source: 'the source of Squirrel.Mac',
  },
  {
    client: 'Squirrel.Windows',
    page: 'squirrel-windows.md',
    what: 'not run: needs Windows',
    source: 'the source of Squirrel.Windows',
  },
  {
    client: 'Sparkle',
    page: 'sparkle.md',
    what: 'not run: needs macOS',
    source: 'the source of Sparkle 2.6.4',
  },
];
