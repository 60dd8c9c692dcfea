/** The copy of the bucket in a second region, as far as anything but S3 itself writes to it: versions are removed there too. */
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { translating } from './s3-errors.ts';

export interface ReplicaBucketOptions {
  readonly bucket: string;
  /** @default the SDK's own */
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

  /** A replica has the version ids of its original. Succeeds where there is no such version (any more). @throws UNAVAILABLE */
  async remove(key: string, versionId: string): Promise<void> {
    const command = new DeleteObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      VersionId: versionId,
    });
    await translating(`deleting ${key} from the replica`, () => this.#client.send(command));
  }
}
