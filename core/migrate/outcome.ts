/** What became of one package, as reports tell it. */
import type { PackageKey } from '../names.ts';

/**
 * `moved`: copied, and its record names the new store. `copied`: the bytes are there, and no record had to change. `there`: they were
 * there already. `planned`: a dry run would have copied it. `gone`: it was deleted meanwhile.
 * `stopped`: whoever runs it wanted an end. The rest are failures: `corrupt` (the
 * source is not what its record says), `missing` (the source has nothing), `occupied` (the target holds other bytes), `changed` (the
 * source was being written), `failed` (a store refused or broke off).
 */
export type OutcomeName =
  | 'moved'
  | 'copied'
  | 'there'
  | 'planned'
  | 'gone'
  | 'stopped'
  | 'corrupt'
  | 'missing'
  | 'occupied'
  | 'changed'
  | 'failed';

export interface Outcome {
  readonly key: PackageKey;
  readonly outcome: OutcomeName;
  /** Bytes of the file. */
  readonly size: number;
  readonly sha256?: string;
  /** Bytes that this run has sent for it, those of parts that had to be sent again included. */
  readonly sentBytes: number;
  /** Milliseconds of this run. */
  readonly ms: number;
  readonly detail?: string;
}

const FAILURES: ReadonlySet<OutcomeName> = new Set(['corrupt', 'missing', 'occupied', 'changed', 'failed']);

export function isFailure({ outcome }: Pick<Outcome, 'outcome'>): boolean {
  return FAILURES.has(outcome);
}
