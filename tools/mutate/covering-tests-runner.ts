/** A Stryker plugin: its jest runner, which loads only the test files that reach the mutant. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
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
  type TestRunner,
} from '@stryker-mutator/api/test-runner';
import { strykerPlugins as jestPlugins } from '@stryker-mutator/jest-runner';

/** The trial run happens in one process only; the others read the file of each test here. */
const FILES_OF_TESTS = resolve('reports/mutation/files-of-tests.json');

function coveringTestsRunner(injector: Injector<PluginContext>): TestRunner {
  const [jestPlugin] = jestPlugins;
  if (jestPlugin === undefined) throw new Error('the jest runner of Stryker has no plugin');
  const jest: TestRunner = injector.injectFunction(jestPlugin.factory);
  const options: StrykerOptions & { jest?: { config?: { testMatch?: string[] } } } =
    injector.resolve(commonTokens.options);
  const config = options.jest?.config;
  const allTests = config?.testMatch;
  if (config === undefined || allTests === undefined)
    throw new Error('jest.config.testMatch is missing');

  return {
    capabilities: () => jest.capabilities(),
    init: async () => jest.init?.(),
    dispose: async () => jest.dispose?.(),
    async dryRun(trial: DryRunOptions) {
      const result = await jest.dryRun(trial);
      if (result.status === DryRunStatus.Complete) {
        const files: Record<string, string[]> = {};
        for (const { id, fileName } of result.tests) {
          if (fileName !== undefined) files[id] = [...(files[id] ?? []), fileName];
        }
        writeFileSync(FILES_OF_TESTS, JSON.stringify(files));
      }
      return result;
    },
    async mutantRun(run: MutantRunOptions) {
      const files: Record<string, string[]> = JSON.parse(readFileSync(FILES_OF_TESTS, 'utf8'));
      const covering = new Set(run.testFilter?.flatMap((id) => files[id] ?? []));
      config.testMatch = covering.size === 0 ? allTests : [...covering];
      // The runner takes its settings over here.
      await jest.init?.();
      return jest.mutantRun(run);
    },
  };
}
coveringTestsRunner.inject = [commonTokens.injector] satisfies ['$injector'];

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'covering-tests', coveringTestsRunner),
];
