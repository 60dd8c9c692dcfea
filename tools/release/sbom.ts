/**
 * The list of all packages that a user installs with Stowage, in CycloneDX. npm makes it from the
 * lock file.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PackageLock, productionLock } from './production-lock.ts';

export interface Sbom {
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly Component[];
}

export interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly License[];
}

/** An id of SPDX, a name that is none, or an expression. */
export type License =
  | { readonly license: { readonly id?: string; readonly name?: string } }
  | { readonly expression: string };

export function readLock(root: string): PackageLock {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as PackageLock;
}

/**
 * Works on a copy of the lock file that has only the production part: `npm sbom --omit dev` leaves
 * out packages that development dependencies need as well. The same lock file gives the same text.
 */
export function makeSbom(root: string): Sbom {
  const lock = productionLock(readLock(root));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object;
  const folder = mkdtempSync(join(tmpdir(), 'stowage-sbom-'));
  try {
    // npm names the package after its folder.
    const home = join(folder, lock.name);
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), JSON.stringify({ ...manifest, devDependencies: {} }));
    writeFileSync(join(home, 'package-lock.json'), JSON.stringify(lock));
    const text = execFileSync(
      'npm',
      ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'],
      {
        cwd: home,
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    const {
      serialNumber: _serial,
      metadata,
      ...sbom
    } = JSON.parse(text) as Sbom & {
      readonly serialNumber?: string;
      readonly metadata: { readonly timestamp?: string };
    };
    const { timestamp: _time, ...about } = metadata;
    return { ...sbom, metadata: about };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
