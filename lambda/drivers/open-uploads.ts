/** Opens what works on uploads: the catalog (which counts how they end), the bucket, and the queue of what must be read back. */
import { v7 as uuidv7 } from 'uuid';
import type { UploadDeps } from '../../core/publishing/deps.ts';
import { PendingBytes, SHARED } from '../../core/publishing/pending-bytes.ts';
import type { DynamoCatalogConfig, Limits } from '../../core/settings.ts';
import type { S3Config } from '../../open/settings/s3-settings.ts';
import type { SqsVerificationQueue } from '../../storage/sqs/sqs-verification-queue.ts';
import { countingUploads } from '../metrics/measured.ts';
import { functionMetrics } from '../runtime/function-metrics.ts';
import { openBucket } from './open-bucket.ts';
import { openCatalog, systemClock } from './open-catalog.ts';
import { openQueue } from './open-queue.ts';

export interface UploadSettings {
  readonly table: DynamoCatalogConfig;
  readonly bucket: S3Config;
  readonly queueUrl: string;
  readonly limits: Limits;
}

export interface Uploads extends UploadDeps {
  /** Takes tickets with progress, too. */
  readonly verification: SqsVerificationQueue;
}

/** Asks nothing of another machine yet. */
export function openUploads({ table, bucket, queueUrl, limits }: UploadSettings): Uploads {
  return {
    catalog: countingUploads(openCatalog(table, limits), functionMetrics()),
    store: openBucket(bucket, systemClock),
    clock: systemClock,
    newId: uuidv7,
    limits,
    verification: openQueue(queueUrl),
    pending: new PendingBytes({ freshness: SHARED }),
  };
}
