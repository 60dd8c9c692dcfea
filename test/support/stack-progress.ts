/**
 * Jest reporter of `npm run e2e:stack`: writes each result at once, so that a run that is stopped
 * reports what it has found, and shows where the run is.
 */
import { appendFileSync } from 'node:fs';
import { FOLDER_VARIABLE, resultsFile, type TestResult } from '../../tools/e2e-stack/stack-run.ts';

interface FileResult {
  readonly testResults: readonly TestResult[];
  readonly testExecError?: { readonly stack?: string };
}

// Jest wants the reporter as the default export.
export default class StackProgress {
  constructor() {
    // The program that started the tests is gone, and would remove nothing of what they go on to make.
    process.once('disconnect', () => process.exit(1));
    // Else waiting for that would keep the tests from ending.
    process.channel?.unref();
  }

  onTestCaseResult(_test: unknown, result: TestResult): void {
    write(result);
    const { status, fullName } = result;
    process.stderr.write(`${status === 'passed' ? 'verified' : 'FAILED  '}  ${fullName}\n`);
  }

  onTestResult(_test: unknown, { testResults, testExecError: fault }: FileResult): void {
    // Those that were left out come only now.
    for (const result of testResults) if (!isRun(result)) write(result);
    // The tests could not even begin.
    if (fault !== undefined) process.stderr.write(`${fault.stack ?? JSON.stringify(fault)}\n`);
  }
}

function isRun({ status }: TestResult): boolean {
  return status === 'passed' || status === 'failed';
}

function write(result: TestResult): void {
  appendFileSync(resultsFile(process.env[FOLDER_VARIABLE] ?? ''), `${JSON.stringify(result)}\n`);
}
