/** Opens the recall of packages: by tags in the bucket, and by invalidations of the CDN. */
import { v7 as uuidv7 } from 'uuid';
import { s3Settings } from '../../open/s3-driver-settings.ts';
import { processEnvironment } from '../../open/settings/environment.ts';
import type { S3Config } from '../../open/settings/s3-settings.ts';
import { Invalidations } from '../../storage/cdn/invalidations.ts';
import { S3Recall } from '../../storage/cdn/s3-recall.ts';
import { S3Bucket } from '../../storage/s3/bucket/s3-bucket.ts';

/** @param distributionId undefined where downloads come from the bucket itself */
export function openRecall(config: S3Config, distributionId: string | undefined): S3Recall {
  const bucket = new S3Bucket(s3Settings(config));
  if (distributionId === undefined) return new S3Recall({ bucket });
  const { credentials } = bucket.client.config;
  // The same variables as SDK clients read.
  const { AWS_ENDPOINT_URL_CLOUDFRONT: own, AWS_ENDPOINT_URL: any } = processEnvironment();
  const endpoint = own || any;
  const invalidations = new Invalidations({
    distributionId,
    credentials,
    region: config.s3Region,
    ...(endpoint ? { endpoint } : {}),
    newId: uuidv7,
  });
  return new S3Recall({ bucket, invalidations });
}
