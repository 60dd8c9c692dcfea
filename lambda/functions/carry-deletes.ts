/** The function that repeats deletes in the replica; S3 does not replicate removed versions. */
import { once } from '../../service/host/once.ts';
import { ReplicaBucket } from '../../storage/s3/bucket/replica-bucket.ts';
import { deletedVersions } from '../replica/deleted-versions.ts';
import { functionLog } from '../runtime/function-log.ts';
import { readReplica } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

const log = functionLog('carry-deletes');

const opened = once(async () => new ReplicaBucket(readFunctionSettings(readReplica)));

/** Repeatable, in any order. An event that fails is tried again, and ends as a dead letter. */
export async function handler(event: unknown): Promise<void> {
  const replica = await opened();
  for (const { key, versionId } of deletedVersions(event)) {
    await replica.remove(key, versionId);
    log.info({ key, versionId }, 'removed from the replica');
  }
}
