/** Signs the same download links as `S3Store` (a test compares them), but without the S3 client. */
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Clock } from '../../../core/clock.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { BlobStore, DownloadTerms, SignedRequest } from '../../../core/ports/blob-store.ts';
import { bucketAddress } from '../bucket/bucket-address.ts';
import type { S3Settings } from '../bucket/s3-settings.ts';
import { RequestSigner } from './request-signer.ts';
import { signDownload } from './signed-terms.ts';

export interface S3LinkSignerOptions
  extends Pick<
    S3Settings,
    'bucket' | 'region' | 'endpoint' | 'publicEndpoint' | 'addressing' | 'prefix'
  > {
  readonly credentials: () => Promise<AwsCredentialIdentity>;
  readonly clock: Clock;
}

export class S3LinkSigner implements Pick<BlobStore, 'name' | 'signDownload'> {
  /** The name of the store, as in records. */
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

  /** @throws UNAVAILABLE if there are no credentials, or they have expired */
  async signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    return signDownload(this.#signer, key, terms, expiresInSeconds);
  }
}
