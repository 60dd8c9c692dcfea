/** Runs test files with jest, and counts what came of each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Counts } from './table.ts';

/** What jest writes with `--json`, as far as it is used. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** @returns the counts by file; a file that jest could not load has one failure, and one that it did not find none */
export async function runTests(
  root: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, Counts>> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-clients-report-'));
  const report = join(folder, 'report.json');
  try {
    const patterns = files.map((file) => `**/${file}`);
    const words = ['run', '-s', 'jest', '--', '--testMatch', ...patterns, '--json', '--outputFile'];
    // Clients have time limits of their own: they run one after the other.
    const jest = spawn('npm', [...words, report, '--maxWorkers', '1', '--verbose'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await once(jest, 'close');
    const { testResults }: Report = JSON.parse(await readFile(report, 'utf8'));
    return new Map(
      testResults.map(({ name, status, assertionResults }) => {
        const count = (word: string) =>
          assertionResults.filter((result) => result.status === word).length;
        const failed = count('failed');
        const passed = count('passed');
        return [
          relative(root, name).split('\\').join('/'),
          {
            passed,
            failed: status === 'failed' && failed === 0 ? 1 : failed,
            skipped: assertionResults.length - passed - failed,
          },
        ];
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
