/** Whether a path still leads to the file that was opened: what is written to a file that was removed is lost with the process. */
import { statSync } from 'node:fs';

/** @returns undefined where nothing is there */
function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}`;
}

/** A database, and its write-ahead log where it has one: the log exists while the database is open. */
export class FileIdentity {
  readonly #paths: readonly string[];
  readonly #known = new Map<string, string>();

  /** @param paths of files that exist: a database that is open, and its log */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.fault();
  }

  /** @returns what has become of the file, undefined while it is in its place */
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
