/** The port that reaches links which were handed out already: where it is there, they stop with a yank. Elsewhere they live to their end. */
import type { PackageKey } from '../names.ts';
import type { BlobVersion } from '../records.ts';

export interface Recall {
  /** Whose files it reaches, as records name the store. */
  readonly store: string;
  /** From now on nobody can read those bytes, by whatever link. Repeatable; succeeds where they are gone. */
  withhold(key: PackageKey, version: BlobVersion | undefined): Promise<void>;
  /** Undoes `withhold`. Repeatable; succeeds where they are gone. */
  release(key: PackageKey, version: BlobVersion | undefined): Promise<void>;
  /** The bytes were removed: copies of them that others keep go too. Repeatable. */
  forget(key: PackageKey): Promise<void>;
}
