/**
 * `npm run gate:full`: runs everything, also what is too heavy for each commit, and writes
 * docs/gate-full.md. `npm run gate:full -- NAME` runs the suites that have NAME in their names, and
 * writes nothing. Exits with 1 where a suite failed; the others are run all the same.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type GateRun, gatePage, sum } from './gate/page.ts';
import { runSuite, type SuiteResult } from './gate/run-suite.ts';
import { suitesOf } from './gate/suites.ts';

const root = join(import.meta.dirname, '..');
const PAGE = join('docs', 'gate-full.md');
const GIB = 1024 ** 3;

const names = process.argv.slice(2);
const suites = suitesOf(root).filter(
  ({ name }) => names.length === 0 || names.some((one) => name.includes(one)),
);
const about = {
  date: new Date(),
  commit: git('rev-parse', 'HEAD'),
  isChanged: git('status', '--porcelain', '--', '.', `:!${PAGE}`) !== '',
  machine: `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / GIB)} GiB, Node ${process.version}`,
};

const results: SuiteResult[] = [];
for (const suite of suites) {
  process.stdout.write(`\n=== ${suite.name}: ${suite.command}\n`);
  const result = await runSuite(suite, process.env, (text) => process.stdout.write(text));
  results.push(result);
  // After each suite: a run that is stopped leaves what it has found.
  const run: GateRun = { ...about, results, waiting: suites.length - results.length };
  if (names.length === 0) writeFileSync(join(root, PAGE), gatePage(run));
}

for (const { suite, isPassed, seconds } of results) {
  console.log(`${isPassed ? 'passed' : 'FAILED'}  ${suite.name} (${seconds.toFixed(0)} s)`);
}
const isPassed = results.length > 0 && results.every((result) => result.isPassed);
console.log(
  `${sum(results, 'passed')} passed, ${sum(results, 'failed') + sum(results, 'skipped')} failed`,
);
process.exitCode = isPassed ? 0 : 1;

function git(...words: readonly string[]): string {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
}
