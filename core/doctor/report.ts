/** What `stowage doctor` says of a store: each promise with a verdict, and the rule by which a service can not do without one. */

/** `not tried`: it does not apply, or what it builds upon is not kept. */
export type TrialVerdict = 'kept' | 'not kept' | 'not tried';

/** What trying a promise showed. */
export interface TrialResult {
  readonly verdict: TrialVerdict;
  /** What was seen, for people: it may hold figures, and texts of the store. */
  readonly seen: string;
}

/**
 * When a service can not do without a promise: in any case; where uploads are bound in that form; where downloads want a token; where
 * browsers may call; or in no case, since Stowage makes up for it.
 */
export type Need =
  | 'always'
  | 'with checksum'
  | 'with payload'
  | 'with private downloads'
  | 'with browsers'
  | 'never';

/** What of the settings decides on needs. */
export interface Circumstances {
  /** How uploads are bound; absent where no S3 is involved. */
  readonly integrity?: 'checksum' | 'payload';
  readonly publicDownloads: boolean;
  /** Browsers of some origin may call. */
  readonly browsers: boolean;
}

/** A promise that a store may keep. */
export interface StorePromise {
  /** Unique and stable: programs know it by this. */
  readonly id: string;
  /** What it is about; promises of one group follow each other. */
  readonly group: string;
  readonly promise: string;
  readonly need: Need;
  /** What Stowage does where it is not kept, or what its operator has to do. */
  readonly otherwise: string;
}

export interface Finding extends StorePromise, TrialResult {
  readonly needed: boolean;
}

export interface DoctorReport {
  /** Which store was asked, in words: `bucket releases at https://...`. */
  readonly store: string;
  /** Every promise that is needed is kept, or does not apply. */
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
