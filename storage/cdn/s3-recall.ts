/**
 * Recalls packages on AWS: tags them, so that the bucket policy refuses reads, and clears the CDN.
 */
import type { Tag } from '@aws-sdk/client-s3';
import { isServiceError } from '../../core/errors.ts';
import { YANK_TAG } from '../../core/layout.ts';
import type { PackageKey, VersionId } from '../../core/names.ts';
import type { Recall } from '../../core/ports/recall.ts';
import type { BlobVersion } from '../../core/records.ts';
import { isS3Error, translating } from '../s3/bucket/errors.ts';
import type { S3Bucket } from '../s3/bucket/s3-bucket.ts';
import type { Invalidations } from './invalidations.ts';

export interface S3RecallOptions {
  readonly bucket: Pick<S3Bucket, 'client' | 'object'>;
  /** @default there is no CDN in front of the bucket */
  readonly invalidations?: Pick<Invalidations, 'invalidate' | 'invalidateVersion'>;
}

export class S3Recall implements Recall {
  readonly store = 's3';
  readonly #bucket: S3RecallOptions['bucket'];
  readonly #invalidations: S3RecallOptions['invalidations'];

  constructor({ bucket, invalidations }: S3RecallOptions) {
    this.#bucket = bucket;
    this.#invalidations = invalidations;
  }

  async withhold(key: PackageKey, version: BlobVersion | undefined): Promise<void> {
    await this.#retag(key, version, (others) => [
      ...others,
      { Key: YANK_TAG.key, Value: YANK_TAG.value },
    ]);
  }

  async release(key: PackageKey, version: BlobVersion | undefined): Promise<void> {
    await this.#retag(key, version, (others) => others);
  }

  async forget(key: PackageKey): Promise<void> {
    await this.#invalidations?.invalidate(key);
  }

  async forgetVersion(versionId: VersionId): Promise<void> {
    await this.#invalidations?.invalidateVersion(versionId);
  }

  /** Keeps foreign tags: S3 can only replace all tags at once. */
  async #retag(
    key: PackageKey,
    version: BlobVersion | undefined,
    retagged: (others: readonly Tag[]) => readonly Tag[],
  ) {
    const { client } = this.#bucket;
    const { objectVersion } = version ?? {};
    // The published version, which need not be the newest.
    const object = {
      ...this.#bucket.object(key),
      ...(objectVersion !== undefined && { VersionId: objectVersion }),
    };
    await unlessGone(`tagging ${key}`, async () => {
      const { TagSet: tags = [] } = await client.request('GetObjectTagging', object);
      const wanted = retagged(tags.filter(({ Key }) => Key !== YANK_TAG.key));
      if (wanted.length === 0) await client.request('DeleteObjectTagging', object);
      else
        await client.request('PutObjectTagging', { ...object, Tagging: { TagSet: [...wanted] } });
    });
  }
}

async function unlessGone(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await translating(what, work);
  } catch (error) {
    // S3 answers MethodNotAllowed for a delete marker, and for a version that was removed.
    if (!isServiceError(error, 'NOT_FOUND') && !isS3Error(error, 'MethodNotAllowed')) throw error;
  }
}
