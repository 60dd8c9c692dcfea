/** What the executable says that it was made from. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildFacts } from './programs.ts';

export function buildFacts(root: string): BuildFacts {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  return { commit: commitOf(root), lock: `sha256:${lock.digest('hex')}` };
}

/** With `-changed` where files of the checkout are not those of the commit. */
function commitOf(root: string): string {
  const git = (...words: readonly string[]) =>
    execFileSync('git', words, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    const isChanged = git('status', '--porcelain') !== '';
    return `${git('rev-parse', 'HEAD').trim()}${isChanged ? '-changed' : ''}`;
  } catch {
    return 'unknown';
  }
}
