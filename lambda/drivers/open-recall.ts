/** Opens what recalls packages: the tags of the bucket, and the CDN in front of it. */
import { v7 as uuidv7 } from 'uuid';
import { cloudFrontClient } from '../../storage/cdn/cloudfront-client.ts';
import { Invalidations } from '../../storage/cdn/invalidations.ts';
import { S3Recall } from '../../storage/cdn/s3-recall.ts';
import { S3Bucket } from '../../storage/s3/s3-bucket.ts';
import type { S3Config } from '../settings/s3-settings.ts';
import { s3Settings } from './s3-driver-settings.ts';

/** @param distributionId undefined where downloads come from the bucket itself */
export function openRecall(bucket: S3Config, distributionId: string | undefined): S3Recall {
  const invalidations =
    distributionId === undefined
      ? {}
      : { invalidations: new Invalidations({ client: cloudFrontClient(), distributionId, newId: uuidv7 }) };
  return new S3Recall({ bucket: new S3Bucket(s3Settings(bucket)), ...invalidations });
}
