/** What became of one package, as reports tell it. */
import type { ErrorCode } from '../../errors.ts';
import type { PackageKey } from '../../names.ts';

/**
 * `moved`: its record names the new store. `copied`: the bytes are there, and no record had to change. `entered`: it has a record now.
 * `turned`: its record names the store again from which it was moved. `removed`: the source is gone. `kept`: the source has to stay for a
 * while. `there`: there was nothing to do. `planned`: a dry run would have done it. `gone`: it was deleted meanwhile. `stopped`: whoever
 * runs it wanted an end. The rest are failures: `corrupt` (bytes are not what their record says), `missing` (nothing is where something
 * has to be), `occupied` (other bytes are where these should be), `changed` (somebody wrote there meanwhile), `unreadable` (the
 * source gives no bytes), `failed` (a store refused or broke off).
 */
export type OutcomeName =
  | 'moved'
  | 'copied'
  | 'entered'
  | 'turned'
  | 'removed'
  | 'kept'
  | 'there'
  | 'planned'
  | 'gone'
  | 'stopped'
  | 'corrupt'
  | 'missing'
  | 'occupied'
  | 'changed'
  | 'unreadable'
  | 'failed';

export interface CopyResult {
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
  /** What the store said, where it `failed`. */
  readonly code?: ErrorCode;
}

const FAILURES: ReadonlySet<OutcomeName> = new Set([
  'corrupt',
  'missing',
  'occupied',
  'changed',
  'unreadable',
  'failed',
]);

export function isFailure({ outcome }: Pick<CopyResult, 'outcome'>): boolean {
  return FAILURES.has(outcome);
}

/** A failure that may be none the next time. */
export function mayPass({ outcome }: Pick<CopyResult, 'outcome'>): boolean {
  return outcome === 'failed' || outcome === 'changed' || outcome === 'unreadable';
}
