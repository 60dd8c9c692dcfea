/**
 * Jest reporter: lists which contract ran against which driver with how many tests, and names what
 * was skipped. With STOWAGE_NO_SKIPS=1 a skipped test is a failure.
 */

interface TestResult {
  readonly ancestorTitles: readonly string[];
  readonly fullName: string;
  readonly status: string;
}

interface FileResult {
  readonly testResults: readonly TestResult[];
}

/** The titles of contract suites: `catalog contract: SqliteCatalog`. */
const CONTRACT = / contract: /;

// Jest wants the reporter as the default export.
export default class ContractReporter {
  readonly #skipped: string[] = [];
  readonly #filtered: boolean;

  constructor({ testNamePattern }: { readonly testNamePattern?: string }) {
    // With `-t` all but a few are left out on purpose.
    this.#filtered = Boolean(testNamePattern);
  }

  onTestResult(_test: unknown, file: FileResult): void {
    if (!this.#filtered)
      this.#skipped.push(...file.testResults.filter(wasSkipped).map(({ fullName }) => fullName));
    const tallies = new Map<string, { passed: number; failed: number; skipped: number }>();
    for (const { ancestorTitles, status } of file.testResults) {
      const title = ancestorTitles.find((one) => CONTRACT.test(one));
      if (title === undefined) continue;
      const tally = tallies.get(title) ?? { passed: 0, failed: 0, skipped: 0 };
      tallies.set(title, tally);
      tally[status === 'passed' || status === 'failed' ? status : 'skipped'] += 1;
    }
    for (const [title, { passed, failed, skipped }] of tallies) {
      process.stderr.write(`${title}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    }
  }

  onRunComplete(): void {
    if (this.#skipped.length === 0) return;
    process.stderr.write(
      `\nskipped: ${this.#skipped.length}\n${this.#skipped.map((name) => `  ${name}\n`).join('')}`,
    );
    if (process.env['STOWAGE_NO_SKIPS'] === '1')
      process.stderr.write('STOWAGE_NO_SKIPS=1: that is a failure\n');
  }

  /** Jest fails the run where a reporter has an error in the end. */
  getLastError(): Error | undefined {
    if (process.env['STOWAGE_NO_SKIPS'] !== '1' || this.#skipped.length === 0) return undefined;
    return new Error(`${this.#skipped.length} tests were skipped`);
  }
}

function wasSkipped({ status }: TestResult): boolean {
  return status !== 'passed' && status !== 'failed';
}
