/** The result of one package, as reports show it. */
import type { ErrorCode } from '../../errors.ts';
import type { PackageKey } from '../../names.ts';

/**
 * - `moved`: its record names the new store.
 * - `copied`: the bytes are there, and no record had to change.
 * - `entered`: it has a record now.
 * - `turned`: its record names the store again that it was migrated from.
 * - `removed`: the copy in the source is gone.
 * - `kept`: the copy in the source has to stay for a while.
 * - `there`: there was nothing to do.
 * - `planned`: a dry run would have done it.
 * - `gone`: it was deleted meanwhile.
 * - `stopped`: the run was stopped.
 *
 * The rest are failures:
 * - `corrupt`: the bytes are not what their record says.
 * - `missing`: nothing is stored where something must be.
 * - `occupied`: other bytes are stored where these must be.
 * - `changed`: somebody wrote there meanwhile.
 * - `unreadable`: the source does not return the bytes.
 * - `failed`: a store refused or broke off.
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
  /** Bytes that this run has sent for it, including parts that were sent again. */
  readonly sentBytes: number;
  /** How long it took in this run, in milliseconds. */
  readonly ms: number;
  readonly detail?: string;
  /** The error code of the store, if it `failed`. */
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

/** Whether it is a failure that may not happen again. */
export function mayPass({ outcome }: Pick<CopyResult, 'outcome'>): boolean {
  return outcome === 'failed' || outcome === 'changed' || outcome === 'unreadable';
}
