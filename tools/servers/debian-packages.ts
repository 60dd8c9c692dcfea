/** Programs that Debian and Ubuntu have as packages. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

/** Another installer may hold the lock for a while, and mirrors have their moments. */
const PATIENT = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];

/** BusyBox, whose wget is the one of Alpine Linux and of many containers. */
export const busybox = debianPackages('BusyBox', ['busybox'], ['busybox']);

/** Chromium, in which the console is tested. */
export const chromium = debianPackages('Chromium', ['chromium', 'fonts-dejavu-core'], ['chromium']);

/** minisign, which signs files as cargo-binstall checks them. */
export const minisign = debianPackages('minisign', ['minisign'], ['minisign']);

/** @param binaries the programs by which one sees that the packages are installed */
export function debianPackages(
  name: string,
  packages: readonly string[],
  binaries: readonly string[],
): Installable {
  return {
    name,
    takes: `root (or sudo without a password), and apt-get install --no-install-recommends ${packages.join(' ')} (Debian 12)`,
    isThere: () => binaries.every((binary) => findBinary(binary) !== undefined),
    install: () =>
      inTurn(async () => {
        // The lists of packages may be missing or old, and old lists name files that mirrors have no more.
        await aptGet('update');
        await aptGet('install', '-y', '--no-install-recommends', ...packages);
      }),
  };
}

/** nginx, which the documentation puts in front of a server. */
export const nginx = unpackedProgram('nginx', 'nginx', 'usr/sbin/nginx');

/** promtool, which judges what `/metrics` answers. */
export const promtool = unpackedProgram('promtool', 'prometheus', 'usr/bin/promtool');

interface UnpackedProgram extends Installable {
  /** @returns undefined if it is not there */
  path(): string | undefined;
}

/** A program of a package that would also start a server: it is unpacked, and not installed. */
function unpackedProgram(name: string, debianPackage: string, file: string): UnpackedProgram {
  const folder = cacheFolder(`debian-${debianPackage}`);
  const program = join(folder, file);
  const path = () => (existsSync(program) ? program : findBinary(name));
  return {
    name,
    takes: `apt-get download ${debianPackage}, and dpkg (Debian 12)`,
    isThere: () => path() !== undefined,
    path,
    install: () =>
      inTurn(async () => {
        await aptGet('update');
        mkdirSync(folder, { recursive: true });
        const script = 'apt-get download -q "$1" && dpkg -x "$1"_*.deb . && rm "$1"_*.deb';
        await runInstaller('sh', ['-c', `cd "$0" && ${script}`, folder, debianPackage]);
      }),
  };
}

let last: Promise<unknown> = Promise.resolve();

/** One after the other: apt-get waits for another one in some of its steps alone. */
function inTurn(install: () => Promise<void>): Promise<void> {
  const mine = last.then(install);
  last = mine.catch(() => {});
  return mine;
}

function aptGet(...args: readonly string[]): Promise<void> {
  const [file = '', ...rest] = [
    ...(process.getuid?.() === 0 ? [] : ['sudo', '-n']),
    'apt-get',
    ...PATIENT,
    ...args,
  ];
  // sudo drops the environment: there, debconf finds no terminal and asks nothing either.
  return runInstaller(file, rest, { DEBIAN_FRONTEND: 'noninteractive' });
}
