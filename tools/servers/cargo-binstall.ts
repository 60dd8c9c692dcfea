/** cargo-binstall, which installs Rust programs that were built elsewhere: a crate. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const RELEASE = '1.24.0';
/** Those that downloads need: the default ones but `git` and `trust-dns`. */
const FEATURES = 'static,rustls,zstd-thin,fancy-no-backtrace';

export function cargoBinstallProgram(): string {
  return join(cacheFolder(`cargo-binstall-${RELEASE}`), 'bin', 'cargo-binstall');
}

export const cargoBinstall: Installable = {
  name: 'cargo-binstall',
  takes: 'Rust 1.95 or later with cargo, and a C compiler',
  isThere: () => existsSync(cargoBinstallProgram()),
  install: () =>
    runInstaller(
      findBinary('cargo') ?? 'cargo',
      [
        ...['install', 'cargo-binstall', '--version', RELEASE, '--locked', '--ignore-rust-version'],
        ...['--no-default-features', '--features', FEATURES],
        ...['--root', cacheFolder(`cargo-binstall-${RELEASE}`)],
      ],
      // It is built to be tried, not to be fast.
      { CARGO_PROFILE_RELEASE_OPT_LEVEL: '0', CARGO_PROFILE_RELEASE_STRIP: 'true' },
    ),
};
