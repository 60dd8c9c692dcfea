/** A check of a deployed stack: a pure function of its facts, and what it is for. */
import type { StackFacts } from './facts.ts';
import type { Judgement, StackFinding, Weight } from './report.ts';
import { skipped } from './report.ts';

export interface StackCheck {
  readonly id: string;
  readonly group: string;
  readonly check: string;
  readonly weight: Weight;
  /** What to do if it is wrong. */
  readonly todo: string;
  judge(facts: StackFacts): Judgement;
}

/** @param leftOut the ids of checks that the operator does not want */
export function judgeStack(
  checks: readonly StackCheck[],
  facts: StackFacts,
  leftOut: readonly string[] = [],
): readonly StackFinding[] {
  return checks.map(({ judge, ...check }) => ({
    ...check,
    ...(leftOut.includes(check.id) ? skipped('left out with --skip') : judge(facts)),
  }));
}

/** A list for people. */
export function listOf(texts: readonly string[], none = 'none'): string {
  return texts.length === 0 ? none : texts.join(', ');
}
