/** A version that fills with files: readers see nothing of it until all are there. */
import type { VersionBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import type { Session } from '../command/cli.ts';
import { failure } from '../output/fault.ts';

type Caller = Pick<Session, 'client' | 'signal'>;

/** What becomes of a version during a push. */
export interface DraftPlan {
  /** Whether readers see nothing of it meanwhile. */
  readonly isDraft: boolean;
  /** Whether it is to be released once all files are there. */
  readonly toRelease: boolean;
  /** It was released before, so that each file is visible at once. */
  readonly wasReleased: boolean;
}

export interface DraftWish {
  readonly fileCount: number;
  /** `--draft` */
  readonly staysDraft: boolean;
}

/** Says what will happen, and changes nothing. @param found undefined if there is no such version */
export function planDraft(
  found: VersionBody | undefined,
  { fileCount, staysDraft }: DraftWish,
): DraftPlan {
  const isNew = found === undefined;
  const wasReleased = !isNew && found.draft !== true;
  const isDraft = staysDraft || (isNew ? fileCount > 1 : !wasReleased);
  return { isDraft, toRelease: isDraft && !staysDraft && fileCount > 1, wasReleased };
}

export async function findVersion(
  { client, signal }: Caller,
  versionId: string,
): Promise<VersionBody | undefined> {
  try {
    return await client.getVersion(versionId, { signal });
  } catch (error) {
    if (isStowageError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** @throws Fault NOT_UPLOADED if an upload of it is under way */
export async function releaseVersion(
  { client, signal }: Caller,
  versionId: string,
): Promise<VersionBody> {
  try {
    return await client.putVersion(versionId, { draft: false }, { signal });
  } catch (error) {
    if (!isStowageError(error, 'NOT_UPLOADED')) throw error;
    const { code, message, requestId } = error;
    const hint = `push that file again, or give its upload up with: stowage rm ${versionId}/PACKAGE; then run: stowage release ${versionId}`;
    throw failure(code, message, { hint, requestId, cause: error });
  }
}
