/**
 * The full gate: what it runs, how it counts, and that a suite that fails ends nothing but itself.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { countTests } from '../../tools/gate/count-tests.ts';
import { gatePage } from '../../tools/gate/page.ts';
import { runSuite } from '../../tools/gate/run-suite.ts';
import { suitesOf } from '../../tools/gate/suites.ts';

const root = join(import.meta.dirname, '..', '..');

/** The line with which jest ends, and what is done after that. */
function run(line: string, then = 'true') {
  const suite = { name: 'a suite', command: `echo '${line}'; ${then}` };
  return runSuite(suite, { PATH: process.env['PATH'] }, () => {});
}

describe('the full gate', () => {
  test('runs what each commit is tested with, and every file of test/soak', () => {
    const files = readdirSync(join(root, 'test', 'soak')).filter((file) =>
      file.endsWith('.soak.ts'),
    );

    const commands = suitesOf(root).map(({ command }) => command);

    expect(commands).toEqual([
      'npm test',
      ...files.sort().map((file) => `npm run soak -- test/soak/${file}`),
    ]);
  });

  test('runs one file of test/soak at a time, and not all of them each time', () => {
    const words = ['run', '--silent', 'soak', '--', 'test/soak/crash.soak.ts', '--listTests'];

    const listed = execFileSync('npm', words, { cwd: root, encoding: 'utf8' });

    expect(
      listed
        .trim()
        .split('\n')
        .filter((line) => line.includes('.soak.ts')),
    ).toEqual([expect.stringMatching(/\/test\/soak\/crash\.soak\.ts$/)]);
  });

  test('counts the tests of every run of jest in a suite, whatever their colours', () => {
    const output = [
      'Tests:       3 passed, 3 total',
      '\u001b[1mTests:       \u001b[22m\u001b[31m1 failed\u001b[39m, \u001b[33m2 skipped\u001b[39m, 4 passed, 7 total',
      'the log says: Tests: 9 failed',
    ].join('\n');

    expect(countTests(output)).toEqual({ passed: 7, failed: 1, skipped: 2 });
  });

  test('lets a suite pass that ends with 0 and skips nothing', async () => {
    expect(await run('Tests:       3 passed, 3 total')).toMatchObject({
      isPassed: true,
      passed: 3,
      failed: 0,
    });
  });

  test.each([
    ['fails a test', 'Tests: 1 failed, 2 passed', 'false', { passed: 2, failed: 1 }],
    ['skips a test', 'Tests: 1 skipped, 2 passed', 'true', { passed: 2, skipped: 1 }],
    ['ends with 1 although its tests pass', 'Tests: 2 passed', 'false', { passed: 2, failed: 1 }],
    ['ends before it counts', 'no such file', 'kill -9 $$', { passed: 0, failed: 1 }],
  ])('fails a suite that %s', async (_case, line, then, counts) => {
    expect(await run(line, then)).toMatchObject({ isPassed: false, ...counts });
  });

  test('measures the CPU time of what a suite started', async () => {
    const { cpuSeconds } = await run(
      'Tests: 1 passed',
      `(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done)`,
    );

    expect(cpuSeconds).toBeGreaterThan(0);
  });

  test('sees that no test may be skipped', async () => {
    const suite = { name: 'a suite', command: 'test "$STOWAGE_NO_SKIPS" = 1' };

    expect(await runSuite(suite, { PATH: process.env['PATH'] }, () => {})).toMatchObject({
      isPassed: true,
    });
  });

  test('writes what failed, on which commit, and what it did not come to', async () => {
    const results = [
      await run('Tests: 3 passed'),
      await run('Tests: 1 failed, 2 skipped, 4 passed', 'false'),
    ];
    const date = new Date('2026-11-22T12:00:00.000Z');

    const page = gatePage({
      date,
      commit: 'abc',
      isChanged: true,
      machine: '2 cores',
      results,
      waiting: 1,
    });

    expect(page).toContain('| date | 2026-11-22T12:00:00.000Z |');
    expect(page).toContain('| commit | abc, with changes that are not committed |');
    expect(page).toContain('| result | 7 passed, 3 failed; it ended before 1 of its suites |');
    expect(page).toContain('| **failed** | 4 | 1 | 2 |');
  });
});
