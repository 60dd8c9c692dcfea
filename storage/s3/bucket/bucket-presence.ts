/** Asks whether the bucket exists before "nothing is stored" is believed. */
import type { Clock } from '../../../core/clock.ts';
import { isS3Error, translating } from './errors.ts';
import type { S3Bucket } from './s3-bucket.ts';

/**
 * How long a bucket counts as present after it was seen, where an error costs only a worse message.
 */
export const SEEN_LATELY_MS = 30_000;

/**
 * The 404 to a HEAD request does not say what is missing, the bucket or the file. This finds out.
 */
export class BucketPresence {
  readonly #bucket: S3Bucket;
  readonly #clock: Clock;
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(bucket: S3Bucket, clock: Clock) {
    this.#bucket = bucket;
    this.#clock = clock;
  }

  /**
   * Call this before believing that nothing is stored. An access key that may not list cannot find
   * out; then the bucket counts as present.
   * @param withinMs how long ago the bucket may have been seen last
   * @throws UNAVAILABLE that names the setting, if the bucket is gone or cannot be asked
   */
  async confirm(withinMs: number): Promise<void> {
    const { client, name, prefix } = this.#bucket;
    const now = this.#clock().getTime();
    if (now - this.#seenAt < withinMs) return;
    try {
      await translating('looking for the bucket', () =>
        client.request('ListObjectsV2', {
          Bucket: name,
          Prefix: `${prefix}packages/`,
          MaxKeys: 1,
        }),
      );
    } catch (error) {
      if (!isS3Error(error, 'AccessDenied')) throw error;
    }
    this.#seenAt = now;
  }
}
