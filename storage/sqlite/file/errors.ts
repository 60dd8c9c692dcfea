/** Turns errors of SQLite into ServiceErrors, with a message that says what to do. */
import { type ErrorCode, isServiceError, ServiceError } from '../../../core/errors.ts';

/** Primary result codes, https://www.sqlite.org/rescode.html */
export const SQLITE = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
} as const;

const MEANING: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [SQLITE.busy]: ['UNAVAILABLE', 'is busy with a write of another process; try again'],
  [SQLITE.locked]: ['UNAVAILABLE', 'is busy with a write of another connection; try again'],
  [SQLITE.readonly]: [
    'UNAVAILABLE',
    "can't be written; let the service's user write the file and its folder, and see that the file system is not mounted read-only",
  ],
  [SQLITE.ioerr]: [
    'UNAVAILABLE',
    "can't be read or written: the file system answered with an error",
  ],
  [SQLITE.corrupt]: ['INTERNAL', 'is damaged; restore it from a backup'],
  [SQLITE.full]: ['OUT_OF_SPACE', 'has no room to grow; free space on its file system'],
  [SQLITE.cantopen]: [
    'UNAVAILABLE',
    "can't be opened; its folder must exist, and the service's user may write there",
  ],
  [SQLITE.notadb]: [
    'INVALID_INPUT',
    'is not a SQLite database; name another path, or move the file away',
  ],
};

/**
 * Whether the disk may be full. SQLite reports an input/output error instead when its shared memory
 * finds no room, or when the file system allocates blocks late.
 */
export function isOutOfRoom(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.full || code === SQLITE.ioerr;
}

/** The OUT_OF_SPACE that API clients may see: it names no path. The cause does, for the log. */
export function outOfSpaceForCallers(error: unknown): unknown {
  if (!isServiceError(error, 'OUT_OF_SPACE')) return error;
  return new ServiceError(
    'OUT_OF_SPACE',
    'the catalog has no room to grow; free space on its file system',
    {
      cause: error,
    },
  );
}

interface SqliteError extends Error {
  /** An extended result code, whose lowest byte is the primary one. */
  readonly errcode: number;
}

/** @returns the primary result code of an error of node:sqlite; undefined for all other errors */
export function sqliteCode(error: unknown): number | undefined {
  return isSqliteError(error) ? error.errcode & 0xff : undefined;
}

/**
 * @param what the file, as in `catalog ./stowage-data/.stowage/catalog.db`
 * @returns what to throw; an error that SQLite did not raise is returned unchanged
 */
export function translateSqliteError(error: unknown, what: string): unknown {
  if (!isSqliteError(error)) return error;
  const [code, meaning] = MEANING[error.errcode & 0xff] ?? ['INTERNAL', 'failed'];
  return new ServiceError(code, `${what} ${meaning} (sqlite: ${error.message})`, { cause: error });
}

function isSqliteError(error: unknown): error is SqliteError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'errcode' in error &&
    typeof error.errcode === 'number'
  );
}
