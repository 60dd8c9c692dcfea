/**
 * A Stryker plugin: its jest runner, which loads only the test files that reach the mutant, the
 * cheaper half of them first.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { StrykerOptions } from '@stryker-mutator/api/core';
import {
  commonTokens,
  declareFactoryPlugin,
  type Injector,
  type PluginContext,
  PluginKind,
} from '@stryker-mutator/api/plugin';
import {
  type DryRunOptions,
  DryRunStatus,
  type MutantRunOptions,
  MutantRunStatus,
  type TestRunner,
} from '@stryker-mutator/api/test-runner';
import { strykerPlugins as jestPlugins } from '@stryker-mutator/jest-runner';

/** The trial run happens in one process only; the others read here what it saw. */
const SEEN_TESTS = resolve('reports/mutation/seen-tests.json');

/** The tests of one name: jest allows the same name in several files. */
interface SeenTests {
  readonly files: readonly string[];
  readonly ms: number;
}

function cheapTestsFirst(injector: Injector<PluginContext>): TestRunner {
  const [jestPlugin] = jestPlugins;
  if (jestPlugin === undefined) throw new Error('the jest runner of Stryker has no plugin');
  const jest: TestRunner = injector.injectFunction(jestPlugin.factory);
  const options: StrykerOptions & { jest?: { config?: { testMatch?: string[] } } } =
    injector.resolve(commonTokens.options);
  const config = options.jest?.config;
  const allTests = config?.testMatch;
  if (config === undefined || allTests === undefined) throw new Error('no jest.config.testMatch');

  function runFiles(run: MutantRunOptions, files: readonly string[]) {
    if (config !== undefined) config.testMatch = [...files];
    // The runner takes its settings over when it begins.
    return Promise.resolve(jest.init?.()).then(() => jest.mutantRun(run));
  }

  return {
    capabilities: () => jest.capabilities(),
    init: async () => jest.init?.(),
    dispose: async () => jest.dispose?.(),
    async dryRun(trial: DryRunOptions) {
      const result = await jest.dryRun(trial);
      if (result.status === DryRunStatus.Complete) {
        const seen: Record<string, SeenTests> = {};
        for (const { id, fileName, timeSpentMs } of result.tests) {
          if (fileName === undefined) continue;
          const { files, ms } = seen[id] ?? { files: [], ms: 0 };
          seen[id] = { files: [...files, fileName], ms: ms + timeSpentMs };
        }
        mkdirSync(dirname(SEEN_TESTS), { recursive: true });
        writeFileSync(SEEN_TESTS, JSON.stringify(seen));
      }
      return result;
    },
    async mutantRun(run: MutantRunOptions) {
      const seen: Record<string, SeenTests> = JSON.parse(readFileSync(SEEN_TESTS, 'utf8'));
      const files = cheapestFirst(seen, run.testFilter ?? Object.keys(seen));
      if (files.length < 2) return runFiles(run, files.length === 0 ? allTests : files);
      const half = Math.ceil(files.length / 2);
      const result = await runFiles(run, files.slice(0, half));
      return result.status === MutantRunStatus.Survived ? runFiles(run, files.slice(half)) : result;
    },
  };
}
cheapTestsFirst.inject = [commonTokens.injector] satisfies ['$injector'];

/** The files of these tests, by how long the tests took in the trial run. */
function cheapestFirst(
  seen: Readonly<Record<string, SeenTests>>,
  ids: readonly string[],
): readonly string[] {
  const msOfFiles = new Map<string, number>();
  for (const id of ids) {
    for (const file of seen[id]?.files ?? []) {
      msOfFiles.set(file, (msOfFiles.get(file) ?? 0) + (seen[id]?.ms ?? 0));
    }
  }
  return [...msOfFiles].sort(([, a], [, b]) => a - b).map(([file]) => file);
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'cheap-tests-first', cheapTestsFirst),
];
