/** Collects what a check finds: one list for people and programs. */
import type { CheckName, CheckResult, Verdict } from '../../checked.ts';

/** A feed of thousands of wrong lines is as wrong as one of these many. */
const LISTED_MAX = 50;

/** A number and what it counts. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Collects what one check finds in one file. */
export class Findings {
  readonly check: CheckName;
  readonly filename: string;
  readonly #failed: CheckResult[] = [];
  readonly #skipped: CheckResult[] = [];
  #failures = 0;
  #skips = 0;

  constructor(check: CheckName, filename: string) {
    this.check = check;
    this.filename = filename;
  }

  fail(line: number | undefined, detail: string): void {
    this.#failures++;
    if (this.#failed.length < LISTED_MAX) this.#failed.push(this.#result('failed', line, detail));
  }

  /** A failure that is no matter of form: what the file says of another one is not so. */
  contradict(line: number | undefined, detail: string): void {
    this.#failures++;
    if (this.#failed.length < LISTED_MAX)
      this.#failed.push({ ...this.#result('failed', line, detail), contradicts: true });
  }

  skip(line: number | undefined, detail: string): void {
    this.#skips++;
    if (this.#skipped.length < LISTED_MAX)
      this.#skipped.push(this.#result('skipped', line, detail));
  }

  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** @param passed says what was right; reported where nothing failed */
  results(passed: string): readonly CheckResult[] {
    const more = (count: number, listed: readonly CheckResult[], verdict: Verdict) =>
      count > listed.length
        ? [this.#result(verdict, undefined, `and ${count - listed.length} more like these`)]
        : [];
    return [
      ...(this.hasFailed ? [] : [this.#result('passed', undefined, passed)]),
      ...this.#failed,
      ...more(this.#failures, this.#failed, 'failed'),
      ...this.#skipped,
      ...more(this.#skips, this.#skipped, 'skipped'),
    ];
  }

  #result(verdict: Verdict, line: number | undefined, detail: string): CheckResult {
    const { check, filename } = this;
    return { check, filename, ...(line !== undefined && { line }), verdict, detail };
  }
}
