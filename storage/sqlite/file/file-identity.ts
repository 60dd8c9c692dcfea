/**
 * Notices when the file at a path is no longer the one that was opened. Writes to a file that was
 * removed would be lost when the process ends.
 */
import { statSync } from 'node:fs';

/** @returns undefined when no file exists there */
function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}`;
}

/** Remembers device and inode of files, such as an open database and its write-ahead log. */
export class FileIdentity {
  readonly #paths: readonly string[];
  readonly #known = new Map<string, string>();

  /** @param paths a file that does not exist yet is remembered when it first appears */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.fault();
  }

  /** @returns what happened to a file; undefined while all are in their places */
  fault(): string | undefined {
    for (const path of this.#paths) {
      const found = identityOf(path);
      const known = this.#known.get(path);
      if (known === undefined && found !== undefined) this.#known.set(path, found);
      if (known === undefined || found === known) continue;
      return `${path} ${found === undefined ? 'was removed' : 'was replaced by another file'}`;
    }
    return undefined;
  }
}
