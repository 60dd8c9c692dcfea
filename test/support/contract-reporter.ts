/** Jest reporter: tells which contract ran against which driver, with how many tests; what was skipped is counted, too. */

interface FileResult {
  readonly testResults: readonly { readonly ancestorTitles: readonly string[]; readonly status: string }[];
}

/** The titles of contract suites: `catalog contract: SqliteCatalog`. */
const CONTRACT = / contract: /;

// Jest wants the reporter as the default export.
export default class ContractReporter {
  onTestResult(_test: unknown, file: FileResult): void {
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
}
