/** The one place where errors of the file system become errors of ours. */
import { type ErrorCode, ServiceError } from '../../../core/errors.ts';

const CODES: { readonly [errno: string]: readonly [ErrorCode, string] } = {
  ENOSPC: ['OUT_OF_SPACE', 'the disk is full: free some space'],
  EDQUOT: ['OUT_OF_SPACE', 'the disk quota is used up: raise it or free some space'],
  EFBIG: ['OUT_OF_SPACE', 'the file system takes no file this large'],
  EROFS: ['UNAVAILABLE', 'the file system is read-only: mount it writable'],
  EACCES: ['UNAVAILABLE', 'access is denied: give the service the right to read and write there'],
  EPERM: [
    'UNAVAILABLE',
    'the operation is not permitted: check owner, mode and whether the file system has hard links',
  ],
  EIO: ['UNAVAILABLE', 'the disk reports an input/output error: check the disk'],
  EMFILE: ['UNAVAILABLE', 'too many files are open: raise the limit (ulimit -n)'],
  ENFILE: ['UNAVAILABLE', 'too many files are open on the whole system: raise its limit'],
  EXDEV: ['UNAVAILABLE', 'packages and .stowage must be on one file system'],
  ENOTSUP: ['UNAVAILABLE', 'the file system has no hard links: choose another one'],
  EMLINK: ['UNAVAILABLE', 'the file system takes no more links'],
  ENOENT: ['NOT_FOUND', 'nothing is stored there'],
  ENOTDIR: ['NOT_FOUND', 'nothing is stored there'],
  ELOOP: ['NOT_FOUND', 'a symbolic link lies there, which is not followed'],
  EEXIST: ['ALREADY_EXISTS', 'something is stored there'],
};

/** The body of an upload failed, not the disk; `cause` is what its source said. */
export class BodyFailure extends Error {
  override readonly name = 'BodyFailure';
}

/** The ServiceError for what the file system said; what is none of its errors comes back as it is. `what` names the work in words. */
export function translated(error: unknown, what: string): unknown {
  if (error instanceof BodyFailure) return error.cause;
  const [code, reason] = CODES[errnoOf(error) ?? ''] ?? [];
  if (code === undefined) return error;
  return new ServiceError(code, `${what}: ${reason}`, { cause: error });
}

/** Lets errors of the file system come out of `work` as errors of ours. */
export async function translating<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw translated(error, what);
  }
}

/** `ENOENT` and the like. Not by `instanceof`: such errors come from Node itself, maybe of another realm. */
export function errnoOf(error: unknown): string | undefined {
  const isErrno =
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string';
  return isErrno ? String(error.code) : undefined;
}

/** `undefined` where the file system said one of `codes`. */
export async function unless<Result>(
  work: Promise<Result>,
  ...codes: readonly string[]
): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
