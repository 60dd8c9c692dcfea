/** Tests run as ES modules, straight from the sources; `tsc` and Biome look at types and style in steps of their own. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  // Much of the time is spent waiting for servers and disks: one worker fewer than cores, as jest has it, would idle.
  maxWorkers: '100%',
  // Only a test that hangs takes this long: none may fail because the machine is slow.
  testTimeout: 600_000,
  // Jest keeps each module of each test file of a worker; a new one begins when it holds this much.
  workerIdleMemoryLimit: '800MB',
  testMatch: ['**/test/**/*.test.ts'],
  reporters: ['<rootDir>/test/support/contract-reporter.ts', 'default'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdk.out/', '<rootDir>/.stryker-tmp/'],
};
