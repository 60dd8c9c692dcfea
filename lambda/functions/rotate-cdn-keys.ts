/** The function that rotates the CDN's keys, one step per call: on schedule or by `stowage cdn-keys`. */
import { s3Settings } from '../../open/s3-driver-settings.ts';
import { once } from '../../service/host/once.ts';
import { CdnCanary } from '../../storage/cdn/cdn-canary.ts';
import { S3Bucket } from '../../storage/s3/bucket/s3-bucket.ts';
import { type RotationAnswer, type RotationOrder, runRotation } from '../cdn-keys/run-rotation.ts';
import { openCdnKeys } from '../drivers/open-cdn-keys.ts';
import { connectS3 } from '../drivers/signed-requests.ts';
import { functionLog } from '../runtime/function-log.ts';
import { functionMetrics } from '../runtime/function-metrics.ts';
import { readBucket, readCdnRotation } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

const log = functionLog('rotate-cdn-keys');

const opened = once(async () => {
  const { domain, ...settings } = readFunctionSettings((reader) => ({
    ...readCdnRotation(reader),
    bucket: readBucket(reader),
  }));
  const { keyGroups, ...keys } = openCdnKeys(settings.keyring);
  const { clock } = keys;
  const bucket = new S3Bucket(s3Settings(settings.bucket), connectS3);
  return {
    deps: {
      ...keys,
      keyGroup: keyGroups.group(settings.keyGroupId),
      canary: new CdnCanary({ bucket, domain, clock }),
      settings: settings.rotation,
    },
    measure: functionMetrics(),
  };
});

export async function handler(order: RotationOrder): Promise<RotationAnswer> {
  const { deps, measure } = await opened();
  return runRotation(deps, order, log, measure);
}
