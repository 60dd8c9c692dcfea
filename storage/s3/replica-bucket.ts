/** The replica of the bucket. S3 fills it; this removes versions from it when files are deleted. */
import { translating } from './bucket/errors.ts';
import type { S3Bucket } from './bucket/s3-bucket.ts';

export class ReplicaBucket {
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  /**
   * A replica has the same version ids as the bucket. Succeeds if there is no such version.
   * @throws UNAVAILABLE
   */
  async remove(key: string, versionId: string): Promise<void> {
    const { client, name: Bucket } = this.#bucket;
    const input = { Bucket, Key: key, VersionId: versionId };
    await translating(`deleting ${key} from the replica`, () =>
      client.request('DeleteObject', input),
    );
  }
}
