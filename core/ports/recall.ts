/**
 * The port that stops signed URLs which were issued earlier. Without it, they work until they
 * expire.
 */
import type { PackageKey } from '../names.ts';
import type { BlobVersion } from '../records.ts';

export interface Recall {
  /** The store whose files it reaches, as records name it. */
  readonly store: string;
  /** From now on no link gives those bytes. Repeatable; succeeds if they are gone. */
  withhold(key: PackageKey, version: BlobVersion | undefined): Promise<void>;
  /** Undoes `withhold`. Repeatable; succeeds if they are gone. */
  release(key: PackageKey, version: BlobVersion | undefined): Promise<void>;
  /** Removes copies that others keep, after the bytes were removed. Repeatable. */
  forget(key: PackageKey): Promise<void>;
}
