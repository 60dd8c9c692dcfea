/** Says which files need not be read before they are sent. */
import { isStowageError } from '../../../client/stowage-error.ts';
import { methodFor } from '../../../core/proof/part-plan.ts';
import type { Session } from '../../command/cli.ts';
import { checkNames, type Verdict } from './check-names.ts';
import { SUMS } from './check-sums.ts';
import type { PushItem } from './plan-push.ts';

type Caller = Pick<Session, 'client' | 'signal'>;

/**
 * Files that are sent in parts, and that the service does not have: it has no file of this name and
 * size, or an upload of it that was itself begun without a digest. All others are hashed first, so
 * that pushing the same again sends nothing.
 * @param sizes by path
 * @returns none if the server is of an older release
 */
export async function filesToHashLater(
  session: Caller,
  versionId: string,
  planned: readonly PushItem[],
  { sizes, method }: PushSizes,
): Promise<ReadonlySet<PushItem>> {
  // A list of checksums is compared with the files before anything is sent.
  if (planned.length > 1 && planned.some(({ filename }) => filename === SUMS)) return new Set();
  const large = planned
    .map((item) => ({ item, size: sizes.get(item.path) ?? 0 }))
    .filter(({ size }) => method !== 'single' && methodFor(size, method) === 'multipart');
  if (large.length === 0) return new Set();
  const asked = large.map(({ item, size }) => ({ ...item, size }));
  const verdicts = (await checkNames(session, versionId, asked)) ?? [];
  const later = new Set<PushItem>();
  for (const [index, { item }] of large.entries()) {
    const verdict = verdicts[index];
    if (verdict !== undefined && (await isNew(session, versionId, verdict))) later.add(item);
  }
  return later;
}

interface PushSizes {
  readonly sizes: ReadonlyMap<string, number>;
  readonly method: 'single' | 'multipart' | undefined;
}

async function isNew(
  { client, signal }: Caller,
  versionId: string,
  { verdict, packageId }: Verdict,
): Promise<boolean> {
  if (verdict === 'free') return true;
  if (verdict !== 'same' || packageId === undefined) return false;
  try {
    return (await client.getPackage(versionId, packageId, { signal })).sha256 === undefined;
  } catch (error) {
    if (isStowageError(error, 'NOT_FOUND')) return true;
    throw error;
  }
}
