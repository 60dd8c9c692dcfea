/**
 * What `stowage doctor --stack` reports about a deployed stack: for each check what was found, what
 * was expected, and what to do.
 */

/**
 * `not checked`: the credentials may not see it, or the service did not answer. It is never a pass.
 * `skipped`: the stack has no such thing, or the operator left the check out.
 */
type StackVerdict = 'ok' | 'wrong' | 'not checked' | 'skipped';

/** `fault`: packages are in danger, or out of reach. `advice`: it will be, or could be better. */
export type Weight = 'fault' | 'advice';

/** What a check of the facts came to. */
export interface Judgement {
  readonly verdict: StackVerdict;
  /** What was seen, for people; for `not checked` and `skipped` the reason. */
  readonly found: string;
  /** Absent where nothing was compared. */
  readonly expected?: string;
}

export interface StackFinding extends Judgement {
  /** Unique and stable, for programs and for `--skip`. */
  readonly id: string;
  /** What it is about; checks of one group follow each other. */
  readonly group: string;
  readonly check: string;
  readonly weight: Weight;
  /** What to do if it is wrong. */
  readonly todo: string;
}

export interface StackReport {
  readonly stack: string;
  readonly region: string;
  /** No fault is wrong. Advice does not count. */
  readonly healthy: boolean;
  /** Everything could be checked. */
  readonly complete: boolean;
  readonly findings: readonly StackFinding[];
}

export function stackReportOf(
  stack: string,
  region: string,
  findings: readonly StackFinding[],
): StackReport {
  return {
    stack,
    region,
    healthy: findings.every(({ verdict, weight }) => verdict !== 'wrong' || weight === 'advice'),
    complete: findings.every(({ verdict }) => verdict !== 'not checked'),
    findings,
  };
}

/** Compares in words: the same on both sides is fine. */
export function compare(found: string, expected: string): Judgement {
  return { verdict: found === expected ? 'ok' : 'wrong', found, expected };
}

export function ok(found: string): Judgement {
  return { verdict: 'ok', found };
}

export function wrong(found: string, expected: string): Judgement {
  return { verdict: 'wrong', found, expected };
}

export function notChecked(reason: string): Judgement {
  return { verdict: 'not checked', found: reason };
}

export function skipped(reason: string): Judgement {
  return { verdict: 'skipped', found: reason };
}
