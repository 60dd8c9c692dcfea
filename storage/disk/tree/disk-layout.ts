/** Where everything lies under the root: packages in `packages/`, all else of ours in `.stowage/`. Touches no file. */
import { join } from 'node:path';
import { type PackageKey, parsePackageKey, type VersionId } from '../../../core/names.ts';

/** Where the file of a key lies. */
export interface KeyPlace {
  readonly versionId: VersionId;
  readonly folder: string;
  readonly fileName: string;
  readonly path: string;
}

const SEGMENT = /^[A-Za-z0-9.][A-Za-z0-9._+-]*$/;

export class DiskLayout {
  readonly packages: string;
  readonly own: string;
  /** Another spelling of `own`: the same folder only where the file system ignores case. */
  readonly ownInCapitals: string;
  readonly work: string;
  readonly uploads: string;
  readonly arrived: string;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.packages = this.#path('packages');
    this.own = this.#path('.stowage');
    this.ownInCapitals = this.#path('.STOWAGE');
    this.work = this.#path('.stowage', 'work');
    this.uploads = this.#path('.stowage', 'uploads');
    this.arrived = this.#path('.stowage', 'arrived');
  }

  place(key: PackageKey): KeyPlace {
    const { versionId } = parsePackageKey(key);
    const fileName = key.slice(key.lastIndexOf('/') + 1);
    return {
      versionId,
      fileName,
      folder: this.#path('packages', versionId),
      path: this.#path('packages', versionId, fileName),
    };
  }

  versionFolder(versionId: VersionId): string {
    return this.#path('packages', versionId);
  }

  workFile(id: string): string {
    return this.#path('.stowage', 'work', id);
  }

  note(inode: bigint): string {
    return this.#path('.stowage', 'arrived', String(inode));
  }

  upload(uploadId: string, ...names: readonly string[]): string {
    return this.#path('.stowage', 'uploads', uploadId, ...names);
  }

  /** Every path goes through here: whatever the segments are, none leads out of the root. */
  #path(...segments: readonly string[]): string {
    for (const segment of segments) {
      if (!SEGMENT.test(segment) || segment === '.' || segment === '..') {
        throw new RangeError(`not a name of ours: ${JSON.stringify(segment)}`);
      }
    }
    return join(this.#root, ...segments);
  }
}
