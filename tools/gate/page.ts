/** The page that says when everything was last run, on which commit, and what came of it. */
import type { SuiteResult } from './run-suite.ts';

export interface GateRun {
  readonly date: Date;
  readonly commit: string;
  /** Whether files differed from the commit. */
  readonly isChanged: boolean;
  /** Such as `4 cores of ..., Node 24`. */
  readonly machine: string;
  readonly results: readonly SuiteResult[];
  /** Suites that have not been run yet. */
  readonly waiting: number;
}

export function gatePage(run: GateRun): string {
  const { date, commit, isChanged, machine, results, waiting } = run;
  const passed = sum(results, 'passed');
  const failed = sum(results, 'failed') + sum(results, 'skipped');
  const rows = results.map(({ suite, isPassed, ...counts }) =>
    row(
      suite.name,
      `\`${suite.command}\``,
      isPassed ? 'passed' : '**failed**',
      counts.passed,
      counts.failed,
      counts.skipped,
      counts.seconds.toFixed(0),
      counts.cpuSeconds.toFixed(0),
    ),
  );
  return `# The last run of the full gate

\`npm run gate:full\` writes this page. It runs what \`npm test\` runs, and every suite of
\`test/soak/\`, which is too heavy for each commit. A skipped test counts as a failure.

| | |
| --- | --- |
| date | ${date.toISOString()} |
| commit | ${commit}${isChanged ? ', with changes that are not committed' : ''} |
| machine | ${machine} |
| result | ${passed} passed, ${failed} failed${waiting === 0 ? '' : `; it ended before ${waiting} of its suites`} |

| suite | command | result | passed | failed | skipped | seconds | CPU seconds |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

export function sum(
  results: readonly SuiteResult[],
  what: 'passed' | 'failed' | 'skipped',
): number {
  return results.reduce((all, result) => all + result[what], 0);
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}
