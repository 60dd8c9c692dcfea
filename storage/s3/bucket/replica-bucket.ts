/** The replica of the bucket. S3 fills it; this removes versions from it when files are deleted. */
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { translating } from './errors.ts';

export interface ReplicaBucketOptions {
  readonly bucket: string;
  /** @default a client of the SDK for `region` */
  readonly client?: S3Client;
  readonly region: string;
}

export class ReplicaBucket {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor({ bucket, region, client = new S3Client({ region }) }: ReplicaBucketOptions) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /**
   * A replica has the same version ids as the bucket. Succeeds if there is no such version.
   * @throws UNAVAILABLE
   */
  async remove(key: string, versionId: string): Promise<void> {
    const command = new DeleteObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      VersionId: versionId,
    });
    await translating(`deleting ${key} from the replica`, () => this.#client.send(command));
  }
}
