/** What becomes the executable (`npm run build:binary`), run by plain Node. test/soak/binary.soak.ts builds the whole. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { NODE_RELEASE } from '../../tools/binary/official-node.ts';
import { bundlePrograms } from '../../tools/binary/programs.ts';

const root = join(import.meta.dirname, '..', '..');

test('the executable has the Node that the tests run', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

  expect(devDependencies.node).toBe(NODE_RELEASE);
});

test('the program is one file that needs none beside it, and says what it was made from', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-programs-'));
  const { text, sources } = await bundlePrograms({ commit: 'c0ffee', lock: 'sha256:1' }, []);
  writeFileSync(join(folder, 'stowage.cjs'), text);
  const run = (...words: readonly string[]) =>
    execFileSync(process.execPath, ['stowage.cjs', ...words], { cwd: folder, encoding: 'utf8' });

  expect(run('--version')).toMatch(
    /^\d+\.\d+\.\d+ \(commit c0ffee, package-lock.json sha256:1\)$/m,
  );
  expect(run('doctor', '--help')).toContain('Usage: stowage doctor');
  expect(sources).toEqual(
    expect.arrayContaining([
      'local/worker-program.ts',
      'storage/hashing/hash-program.ts',
      'storage/sqlite/safety/catalog-worker.ts',
    ]),
  );
  rmSync(folder, { recursive: true });
});
