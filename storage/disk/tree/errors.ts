/** Turns errors of the file system into ServiceErrors, with a message that says what to do. */
import { type ErrorCode, ServiceError } from '../../../core/errors.ts';
import { errnoOf } from '../../file-system.ts';

const MEANING: { readonly [errno: string]: readonly [ErrorCode, string] } = {
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
  ELOOP: ['NOT_FOUND', 'a symbolic link is there, which is not followed'],
  EEXIST: ['ALREADY_EXISTS', 'something is stored there'],
};

/** The body of an upload failed, and not the disk. `cause` is the error of its source. */
export class BodyFailure extends Error {
  override readonly name = 'BodyFailure';
}

/**
 * @param what the work, as in `storing packages/1.0/app.zip`
 * @returns what to throw; an error that the file system did not raise is returned unchanged
 */
export function translateDiskError(error: unknown, what: string): unknown {
  if (error instanceof BodyFailure) return error.cause;
  const [code, meaning] = MEANING[errnoOf(error) ?? ''] ?? [];
  if (code === undefined) return error;
  return new ServiceError(code, `${what}: ${meaning}`, { cause: error });
}

/** Runs `work`, and throws errors of the file system translated. Other errors stay as they are. */
export async function translating<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw translateDiskError(error, what);
  }
}
