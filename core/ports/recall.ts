/**
 * The port that stops signed URLs which were issued earlier. Without it, they work until they
 * expire.
 */
import type { PackageKey, VersionId } from '../names.ts';
import type { BlobVersion } from '../records.ts';

export interface Recall {
  /** The store whose files it reaches, as records name it. */
  readonly store: string;
  /**
   * From now on the store gives those bytes by no link; copies that others keep, until they are
   * forgotten. Repeatable; succeeds if they are gone.
   */
  withhold(key: PackageKey, version: BlobVersion | undefined): Promise<void>;
  /** Undoes `withhold`. Repeatable; succeeds if they are gone. */
  release(key: PackageKey, version: BlobVersion | undefined): Promise<void>;
  /** Removes copies that others keep, after the bytes were withheld or removed. Repeatable. */
  forget(key: PackageKey): Promise<void>;
  /** As `forget` for every package of a version, at the price of one. */
  forgetVersion(versionId: VersionId): Promise<void>;
}
