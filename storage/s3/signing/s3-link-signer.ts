/** Signs download links to a bucket, in the store's place: the same links (a test compares them), without the client of S3. */
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Clock } from '../../../core/clock.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { BlobStore, DownloadTerms, SignedRequest } from '../../../core/ports/blob-store.ts';
import { bucketAddress } from '../bucket/bucket-address.ts';
import type { S3Settings } from '../bucket/s3-settings.ts';
import { RequestSigner } from './request-signer.ts';
import { signedDownload } from './signed-terms.ts';

export interface S3LinkSignerOptions
  extends Pick<
    S3Settings,
    'bucket' | 'region' | 'endpoint' | 'publicEndpoint' | 'addressing' | 'prefix'
  > {
  readonly credentials: () => Promise<AwsCredentialIdentity>;
  readonly clock: Clock;
}

export class S3LinkSigner implements Pick<BlobStore, 'name' | 'signDownload'> {
  /** That of the store: records name it. */
  readonly name = 's3';
  readonly #signer: RequestSigner;

  constructor({ credentials, clock, ...settings }: S3LinkSignerOptions) {
    const prefix = (settings.prefix ?? '').replace(/^\/+|\/+$/g, '');
    const bucket = {
      address: bucketAddress(settings, settings.publicEndpoint ?? settings.endpoint),
      prefix: prefix === '' ? '' : `${prefix}/`,
      credentials,
    };
    this.#signer = new RequestSigner(bucket, clock);
  }

  /** @throws UNAVAILABLE where there are no credentials, or they have expired */
  async signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    return signedDownload(this.#signer, key, terms, expiresInSeconds);
  }
}
