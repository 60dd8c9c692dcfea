/** Opens the bucket that settings name. */

import { v7 as uuidv7 } from 'uuid';
import type { Clock, NewId } from '../../core/clock.ts';
import { s3Settings } from '../../open/s3-driver-settings.ts';
import type { S3Config } from '../../open/settings/s3-settings.ts';
import { S3Store } from '../../storage/s3/s3-store.ts';
import { connectS3 } from './signed-requests.ts';

/** Asks nothing of the bucket yet. */
export function openBucket(config: S3Config, clock: Clock, newId: NewId = uuidv7): S3Store {
  return new S3Store({ ...s3Settings(config), connect: connectS3, clock, newId });
}
