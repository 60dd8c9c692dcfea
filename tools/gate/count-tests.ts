/** Reads out of what jest printed how many tests passed, failed and were skipped. */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** @param output of one run of jest or of several, one after the other */
export function countTests(output: string): TestCounts {
  const lines = output
    .replaceAll(ESCAPES, '')
    .split('\n')
    .filter((line) => line.startsWith('Tests: '));
  const count = (word: string) =>
    lines.reduce(
      (sum, line) => sum + Number(new RegExp(`(\\d+) ${word}\\b`).exec(line)?.[1] ?? 0),
      0,
    );
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped') + count('todo'),
  };
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
