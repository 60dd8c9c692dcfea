/** Folders that keep what tests made of the sources, as long as the sources are the same. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const KEPT_MS = 86_400_000;

/**
 * Also removes folders of older sources.
 * @param all the folder above
 * @param sources files and folders of the repository; of folders, all TypeScript counts
 * @returns a folder that belongs to this state of the sources, perhaps with what an earlier run left
 */
export function keptFolder(all: string, sources: readonly string[]): string {
  const mine = join(all, digestOf(sources));
  mkdirSync(mine, { recursive: true });
  for (const name of readdirSync(all)) {
    const other = join(all, name);
    const { mtimeMs = Date.now() } = statSync(other, { throwIfNoEntry: false }) ?? {};
    if (other !== mine && mtimeMs < Date.now() - KEPT_MS)
      rmSync(other, { recursive: true, force: true });
  }
  return mine;
}

function digestOf(sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of sources.flatMap(filesOf).sort()) {
    hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex');
}

function filesOf(source: string): readonly string[] {
  if (statSync(join(ROOT, source)).isFile()) return [source];
  return readdirSync(join(ROOT, source), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(source, file));
}
