/** The function that repeats deletes in the replica; S3 does not replicate removed versions. */
import { once } from '../../service/host/once.ts';
import { S3Bucket } from '../../storage/s3/bucket/s3-bucket.ts';
import { ReplicaBucket } from '../../storage/s3/replica-bucket.ts';
import { connectS3 } from '../drivers/signed-requests.ts';
import { deletedVersions } from '../replica/deleted-versions.ts';
import { functionLog } from '../runtime/function-log.ts';
import { readReplica } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

const log = functionLog('carry-deletes');

const opened = once(async () => {
  const where = readFunctionSettings(readReplica);
  const settings = { ...where, addressing: 'auto', integrity: 'checksum' } as const;
  return new ReplicaBucket(new S3Bucket(settings, connectS3));
});

/** Repeatable, in any order. An event that fails is tried again, and ends as a dead letter. */
export async function handler(event: unknown): Promise<void> {
  const replica = await opened();
  for (const { key, versionId } of deletedVersions(event)) {
    await replica.remove(key, versionId);
    log.info({ key, versionId }, 'removed from the replica');
  }
}
