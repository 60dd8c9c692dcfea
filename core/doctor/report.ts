/**
 * What `stowage doctor` reports about a store: a verdict on each promise, and which promises the
 * service needs.
 */

/** `not tried`: it does not apply, or a promise that it builds upon is not kept. */
export type TrialVerdict = 'kept' | 'not kept' | 'not tried';

/** What a trial of a promise showed. */
export interface TrialResult {
  readonly verdict: TrialVerdict;
  /** What was seen, for people. May hold figures, and texts of the store. */
  readonly seen: string;
}

/**
 * When the service needs a promise: always; if uploads are bound in that form; if downloads need a
 * token; if browsers may call; or never, because Stowage can do without it.
 */
export type Need =
  | 'always'
  | 'with checksum'
  | 'with payload'
  | 'with private downloads'
  | 'with browsers'
  | 'never';

/** The settings that decide which promises are needed. */
export interface Circumstances {
  /** How uploads are bound; absent if no S3 is involved. */
  readonly integrity?: 'checksum' | 'payload';
  readonly publicDownloads: boolean;
  /** Browsers from at least one origin may call. */
  readonly browsers: boolean;
}

/** A promise that a store may keep. */
export interface StorePromise {
  /** Unique and stable, for programs. */
  readonly id: string;
  /** What it is about; promises of one group follow each other. */
  readonly group: string;
  readonly promise: string;
  readonly need: Need;
  /** What Stowage does if it is not kept, or what its operator has to do. */
  readonly otherwise: string;
}

export interface Finding extends StorePromise, TrialResult {
  readonly needed: boolean;
}

export interface DoctorReport {
  /** Which store was tested, in words: `bucket releases at https://...`. */
  readonly store: string;
  /** Whether every needed promise is kept or does not apply. */
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
}

export function isNeeded(
  need: Need,
  { integrity, publicDownloads, browsers }: Circumstances,
): boolean {
  switch (need) {
    case 'always':
      return true;
    case 'with checksum':
      return integrity === 'checksum';
    case 'with payload':
      return integrity === 'payload';
    case 'with private downloads':
      return !publicDownloads;
    case 'with browsers':
      return browsers;
    case 'never':
      return false;
  }
}

export function reportOf(store: string, findings: readonly Finding[]): DoctorReport {
  const healthy = findings.every(({ needed, verdict }) => !needed || verdict !== 'not kept');
  return { store, healthy, findings };
}

export function kept(seen: string): TrialResult {
  return { verdict: 'kept', seen };
}

export function notKept(seen: string): TrialResult {
  return { verdict: 'not kept', seen };
}

export function notTried(seen: string): TrialResult {
  return { verdict: 'not tried', seen };
}
