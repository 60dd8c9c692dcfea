/** `npm run mutate -- [ROOM...]`: changes product code, one mutant at a time, and lists those that no test notices. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { MUTATION_ROOMS } from './rooms.ts';

const { values, positionals } = parseArgs({
  options: {
    /** Test processes at the same time. */
    concurrency: { type: 'string', default: '2' },
    /** Test all mutants again, also those that did not change. */
    force: { type: 'boolean', default: false },
    /** A glob: only the mutants of these files. */
    code: { type: 'string', multiple: true },
  },
  allowPositionals: true,
});

const names = positionals.length > 0 ? positionals : Object.keys(MUTATION_ROOMS);
const unknown = names.find((name) => !(name in MUTATION_ROOMS));
if (unknown !== undefined) {
  console.error(`no room "${unknown}"; the rooms are ${Object.keys(MUTATION_ROOMS).join(', ')}`);
  process.exit(2);
}

for (const name of names) {
  const room = MUTATION_ROOMS[name];
  if (room === undefined) continue;
  const mutants = await new Stryker({
    mutate: [...(values.code ?? room.code)],
    testRunner: 'cheap-tests-first',
    plugins: [join(import.meta.dirname, 'cheap-tests-first.ts')],
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: {
      projectType: 'custom',
      config: { testMatch: room.tests.map((glob) => glob.replace(/^test/, '**/test')) },
      enableFindRelatedTests: false,
    },
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    // Jest keeps every ES module that it ever loaded.
    maxTestRunnerReuse: 40,
    incremental: true,
    force: values.force,
    incrementalFile: `reports/mutation/${name}.json`,
    reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
    htmlReporter: { fileName: `reports/mutation/${name}.html` },
    jsonReporter: { fileName: `reports/mutation/${name}-report.json` },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    // Stryker reads it with the API of TypeScript 5, and swc does not need it.
    tsconfigFile: 'no-tsconfig.json',
    disableTypeChecks: false,
    tempDirName: '.stryker-tmp',
    ignorePatterns: ['docs', 'dist', 'cdk.out', 'reports', 'test/fixtures/release-*', '*.tgz'],
    // Jest ends a test that hangs, and Stryker a loop that never ends: this is for a busy machine.
    timeoutMS: 60_000,
    warnings: {
      unknownOptions: false,
      preprocessorErrors: true,
      unserializableOptions: true,
      slow: true,
    },
    thresholds: { high: 95, low: 85, break: null },
  }).runMutationTest();
  const detected = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  const counted = mutants.filter(
    ({ status }) => !['Ignored', 'CompileError', 'RuntimeError'].includes(status),
  );
  console.log(`${name}: ${detected.length} of ${counted.length} mutants noticed`);
}
