/** The function that removes from the replica what was removed from the bucket; S3 copies no such removal. */
import { ReplicaBucket } from '../../storage/s3/replica-bucket.ts';
import { readFunctionSettings } from '../env.ts';
import { deletedVersions } from '../replica/deleted-versions.ts';
import { functionLog } from '../runtime/function-log.ts';
import { once } from '../runtime/once.ts';
import { readReplica } from '../settings/function-settings.ts';

const log = functionLog('carry-deletes');

const opened = once(async () => new ReplicaBucket(readFunctionSettings(readReplica)));

/** Repeatable, in any order. What it throws is tried again, and ends among the dead letters. */
export async function handler(event: unknown): Promise<void> {
  const replica = await opened();
  for (const { key, versionId } of deletedVersions(event)) {
    await replica.remove(key, versionId);
    log.info({ key, versionId }, 'removed from the replica');
  }
}
