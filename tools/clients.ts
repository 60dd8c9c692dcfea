/**
 * `npm run clients`: installs the stock clients that this platform can have, runs the tests of all of
 * them, also of those that are too heavy for each commit, and writes the table in
 * docs/clients/README.md. `npm run clients -- NAME` runs the clients that have NAME in their names,
 * and writes nothing. Exits with 1 where a test failed or a client could not be run.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTests } from './clients/run-tests.ts';
import { clientsTable, replaceTable, type TrialResult } from './clients/table.ts';
import { TRIALS, type Trial } from './clients/trials.ts';
import { provide } from './servers/provide.ts';
import { versitygw } from './servers/versitygw.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'clients', 'README.md');

const names = process.argv.slice(2).map((name) => name.toLowerCase());
const trials = TRIALS.filter(
  ({ client }) => names.length === 0 || names.some((name) => client.toLowerCase().includes(name)),
);
if (trials.length === 0) {
  const known = TRIALS.map(({ client }) => client).join(', ');
  console.error(`no client is called ${names.join(', ')}; there are ${known}`);
  process.exitCode = 2;
} else {
  await provide([versitygw, ...trials.flatMap(({ needs = [] }) => needs)], console.log);
  const files = [...new Set(trials.flatMap(({ test }) => test ?? []))];
  const counts = files.length > 0 ? await runTests(root, files) : new Map();
  const results = trials.map((trial): TrialResult => {
    const none = { passed: 0, failed: 0, skipped: 0 };
    return {
      trial,
      versions: versionsOf(trial),
      counts: trial.test === undefined ? undefined : (counts.get(trial.test) ?? none),
    };
  });
  const table = clientsTable(results, new Date());
  console.log(`\n${table}`);
  if (names.length === 0) writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), table));
  process.exitCode = results.every(isShown) ? 0 : 1;
}

function isShown({ counts }: TrialResult): boolean {
  return counts === undefined || (counts.passed > 0 && counts.failed + counts.skipped === 0);
}

/** What is not installed has none. */
function versionsOf({ versions = [] }: Trial): readonly string[] {
  return versions.flatMap(([program, ...args]) => {
    try {
      const printed = execFileSync(program, args, { cwd: root, encoding: 'utf8' });
      return /\d+(\.\d+)+/.exec(printed)?.[0] ?? [];
    } catch {
      return [];
    }
  });
}
