/** Explains errors of the file system at start to the operator, with what to do. */
import { errnoOf } from '../../storage/file-system.ts';

const ADVICE: { readonly [errno: string]: string } = {
  EACCES:
    'access is denied; let the user of the service read and write there, or name another folder',
  EPERM:
    'access is denied; let the user of the service read and write there, or name another folder',
  EROFS: 'the file system is read-only; mount it writable, or name another folder',
  ENOTDIR: 'a file is in the way; name a folder, or move that file',
  EEXIST: 'a file is in the way; name a folder, or move that file',
  EISDIR: 'a folder is in the way; move it',
  ENOENT: 'its parent folder is missing or a broken link; make it, or name another folder',
  ELOOP: 'its symbolic links lead in a circle; name another folder',
  ENAMETOOLONG: 'the name is too long; name another folder',
  ENOSPC: 'the disk is full; free some space, or name another folder',
  EDQUOT: 'the disk quota is used up; raise it, or name another folder',
};

export function describeFault(error: unknown): string {
  return ADVICE[errnoOf(error) ?? ''] ?? String(error);
}
