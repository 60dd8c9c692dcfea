/** Packs this checkout, and installs it as somebody else would who has no network. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { NODE_22 } from '../support/node-22.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface InstalledPackage {
  /** Where npm has put the package. */
  readonly home: string;
  /** What npm printed when it installed the package under Node 22. */
  readonly installed: { readonly status: number | null; readonly stderr: string };
}

/** @param folder an empty one, which becomes a package with this one installed */
export async function installPackage(folder: string): Promise<InstalledPackage> {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
    stdio: 'pipe',
  });
  const filename = (await readdir(folder)).find((file) => file.endsWith('.tgz')) ?? '';
  await writeFile(join(folder, 'package.json'), '{ "name": "consumer", "private": true }');
  // With an empty cache and no registry: what the package does not bring along can't be had.
  const offline = ['--offline', '--cache', join(folder, 'cache'), '--no-audit', '--no-fund'];
  const path = [dirname(NODE_22), process.env['PATH']].join(delimiter);
  const installed = spawnSync('npm', ['install', ...offline, join(folder, filename)], {
    cwd: folder,
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
  });
  return { home: join(folder, 'node_modules', 'stowage'), installed };
}
