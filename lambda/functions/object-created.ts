/**
 * The function that finishes uploads when their bytes arrive, even if the publisher is gone. Events
 * may come more than once, and in any order.
 */
import { isServiceError } from '../../core/errors.ts';
import { bytesArrived } from '../../core/uploads/bytes-arrived.ts';
import { openUploads } from '../drivers/open-uploads.ts';
import { upkeepFunction } from '../runtime/upkeep-function.ts';
import { readUploads } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';
import { readObjectCreated } from '../upkeep/object-created-event.ts';

function open() {
  const settings = readFunctionSettings(readUploads);
  const { s3Bucket: bucket, s3Prefix } = settings.bucket;
  return {
    uploads: openUploads(settings),
    bucket,
    prefix: s3Prefix === undefined ? '' : `${s3Prefix}/`,
  };
}

export const handler = upkeepFunction('object-created', open, async (event, { deps, log }) => {
  const { uploads, bucket, prefix } = deps;
  const created = readObjectCreated(event);
  if (created === undefined) return log.warn('ignored: this is no event of a new object');
  const { key } = created;
  if (created.bucket !== bucket || !key.startsWith(prefix))
    return log.warn(created, 'ignored: this is not our bucket');
  try {
    log.info(
      { key, arrival: await bytesArrived(uploads, key.slice(prefix.length)) },
      'bytes arrived',
    );
  } catch (error) {
    if (!isServiceError(error, 'INVALID_INPUT')) throw error;
    log.warn({ key }, 'ignored: this is not the key of a package');
  }
});
