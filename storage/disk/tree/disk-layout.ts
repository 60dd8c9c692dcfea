/**
 * The paths of a disk store: packages in `packages/`, statements in `statements/`, all other files
 * of the service in `.stowage/`. Touches no file.
 */

import { join } from 'node:path';
import { OWN_FOLDER, PACKAGES_FOLDER, STATEMENTS_FOLDER } from '../../../core/layout.ts';
import { type PackageKey, parsePackageKey, type VersionId } from '../../../core/names.ts';

/** The path of a key's file, and its parts. */
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
  /** `own` in capitals: the same folder if the file system ignores case. */
  readonly ownInCapitals: string;
  readonly work: string;
  readonly uploads: string;
  readonly arrived: string;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.packages = this.#path(PACKAGES_FOLDER);
    this.own = this.#path(OWN_FOLDER);
    this.ownInCapitals = this.#path('.STOWAGE');
    this.work = this.#path(OWN_FOLDER, 'work');
    this.uploads = this.#path(OWN_FOLDER, 'uploads');
    this.arrived = this.#path(OWN_FOLDER, 'arrived');
  }

  place(key: PackageKey): KeyPlace {
    const { versionId } = parsePackageKey(key);
    const fileName = key.slice(key.lastIndexOf('/') + 1);
    return {
      versionId,
      fileName,
      folder: this.#path(PACKAGES_FOLDER, versionId),
      path: this.#path(PACKAGES_FOLDER, versionId, fileName),
    };
  }

  versionFolder(versionId: VersionId): string {
    return this.#path(PACKAGES_FOLDER, versionId);
  }

  statement(versionId: VersionId): string {
    return this.#path(STATEMENTS_FOLDER, versionId);
  }

  workFile(id: string): string {
    return this.#path(OWN_FOLDER, 'work', id);
  }

  note(inode: bigint): string {
    return this.#path(OWN_FOLDER, 'arrived', String(inode));
  }

  upload(uploadId: string, ...names: readonly string[]): string {
    return this.#path(OWN_FOLDER, 'uploads', uploadId, ...names);
  }

  /** Every path is made here, so no segment can lead out of the root. */
  #path(...segments: readonly string[]): string {
    for (const segment of segments) {
      if (!SEGMENT.test(segment) || segment === '.' || segment === '..') {
        throw new RangeError(`not a valid path segment: ${JSON.stringify(segment)}`);
      }
    }
    return join(this.#root, ...segments);
  }
}
