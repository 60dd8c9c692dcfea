/** Asks the service which files could be published, before the first byte is sent. */
import type { CheckedNames } from '../../../client/stowage-client.ts';
import { isStowageError } from '../../../client/stowage-error.ts';
import type { Session } from '../../command/cli.ts';
import type { PushItem } from './plan-push.ts';

/** The most that the service takes at a time. */
const BATCH = 500;

export type Verdict = CheckedNames['names'][number];

interface Sized extends PushItem {
  readonly size: number;
  /** Undefined: any file of this size is the same. */
  readonly sha256?: string;
}

/** @returns a verdict for each file; undefined if the server is of a release that can't say */
export async function checkNames(
  { client, signal }: Pick<Session, 'client' | 'signal'>,
  versionId: string,
  items: readonly Sized[],
): Promise<readonly Verdict[] | undefined> {
  const verdicts: Verdict[] = [];
  for (let start = 0; start < items.length; start += BATCH) {
    const names = items.slice(start, start + BATCH).map(wishOf);
    try {
      verdicts.push(...(await client.checkNames(versionId, names, { signal })));
    } catch (error) {
      if (isStowageError(error, 'NOT_FOUND', 'METHOD_NOT_ALLOWED')) return undefined;
      throw error;
    }
  }
  return verdicts;
}

function wishOf({ filename, packageId, ext, size, sha256 }: Sized) {
  return { filename, packageId, ext, size, sha256 };
}

/**
 * What is wrong with a file that is taken: its upload may be under way with other bytes, which says
 * to wait, or it is published.
 */
export async function codeOfTaken(
  { client, signal }: Pick<Session, 'client' | 'signal'>,
  versionId: string,
  { packageId }: Verdict,
): Promise<'ALREADY_EXISTS' | 'UPLOAD_IN_PROGRESS'> {
  if (packageId === undefined) return 'ALREADY_EXISTS';
  try {
    const { state } = await client.getPackage(versionId, packageId, { signal });
    return state === 'pending' || state === 'verifying' ? 'UPLOAD_IN_PROGRESS' : 'ALREADY_EXISTS';
  } catch (error) {
    if (isStowageError(error, 'NOT_FOUND')) return 'ALREADY_EXISTS';
    throw error;
  }
}
