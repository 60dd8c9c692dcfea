/** Opens the recall of packages: by tags in the bucket, and by invalidations of the CDN. */
import { v7 as uuidv7 } from 'uuid';
import { s3Settings } from '../../open/s3-driver-settings.ts';
import type { S3Config } from '../../open/settings/s3-settings.ts';
import { Invalidations } from '../../storage/cdn/invalidations.ts';
import { S3Recall } from '../../storage/cdn/s3-recall.ts';
import { S3Bucket } from '../../storage/s3/bucket/s3-bucket.ts';
import { connectS3, signedRequests } from './signed-requests.ts';

/** @param distributionId undefined where downloads come from the bucket itself */
export function openRecall(config: S3Config, distributionId: string | undefined): S3Recall {
  const bucket = new S3Bucket(s3Settings(config), connectS3);
  if (distributionId === undefined) return new S3Recall({ bucket });
  const invalidations = new Invalidations({
    distributionId,
    ...signedRequests('CLOUDFRONT', { region: config.s3Region }),
    newId: uuidv7,
  });
  return new S3Recall({ bucket, invalidations });
}
