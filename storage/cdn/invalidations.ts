/**
 * Removes the copies of a package from the CDN, by one signed request. The CloudFront client would
 * slow the start of functions that yank or delete by a tenth.
 */
import type { AwsCredentialIdentityProvider } from '@smithy/types';
import type { NewId } from '../../core/clock.ts';
import {
  encodeKey,
  type PackageKey,
  type VersionFolder,
  type VersionId,
  versionFolder,
} from '../../core/names.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { AwsClient } from '../aws/aws-client.ts';
import { translating } from '../aws/errors.ts';

export interface InvalidationsOptions {
  readonly distributionId: string;
  readonly credentials: AwsCredentialIdentityProvider;
  /** The region of the bucket, from which the partition follows. */
  readonly region: string;
  /** For tests and other servers than AWS. @default CloudFront's endpoint */
  readonly endpoint?: string;
  readonly newId: NewId;
}

const VERSION = '2020-05-31';
const TIMEOUT_MS = 5000;

export class Invalidations {
  readonly #options: InvalidationsOptions;
  readonly #client: AwsClient;

  constructor(options: InvalidationsOptions) {
    const { credentials, endpoint } = options;
    this.#options = options;
    this.#client = new AwsClient('cloudfront', {
      ...placeFor(options.region),
      ...withoutUndefined({ endpoint }),
      credentials,
      timeoutMs: TIMEOUT_MS,
    });
  }

  /**
   * Returns when CloudFront has accepted the request, which takes effect within minutes.
   * @throws UNAVAILABLE
   */
  invalidate(key: PackageKey): Promise<void> {
    return this.#order(pathsOf(key));
  }

  /**
   * As `invalidate`, for every package of a version: CloudFront bills a path with a wildcard as one.
   * @throws UNAVAILABLE, also while too many such paths are in progress
   */
  invalidateVersion(versionId: VersionId): Promise<void> {
    return this.#order(pathsOf(versionFolder(versionId)).map((path) => `${path}*`));
  }

  async #order(paths: readonly string[]): Promise<void> {
    const { distributionId, newId } = this.#options;
    await translating(`distribution ${distributionId}`, () =>
      this.#client.send({
        method: 'POST',
        path: `/${VERSION}/distribution/${distributionId}/invalidation`,
        headers: { 'content-type': 'application/xml' },
        // CloudFront treats requests with the same reference as one, so a retry does no harm.
        body: batch(newId(), paths),
      }),
    );
  }
}

/**
 * CloudFront has one endpoint per partition.
 * https://docs.aws.amazon.com/general/latest/gr/cf_region.html
 */
function placeFor(region: string): { readonly endpoint: string; readonly region: string } {
  return region.startsWith('cn-')
    ? { endpoint: 'https://cloudfront.cn-northwest-1.amazonaws.com.cn', region: 'cn-northwest-1' }
    : { endpoint: 'https://cloudfront.amazonaws.com', region: 'us-east-1' };
}

/**
 * A key has no characters that XML would need escaped.
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
 */
function batch(reference: string, paths: readonly string[]): string {
  const items = paths.map((path) => `<Path>${path}</Path>`).join('');
  const wanted = `<Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths>`;
  const xmlns = `http://cloudfront.amazonaws.com/doc/${VERSION}/`;
  return `<InvalidationBatch xmlns="${xmlns}">${wanted}<CallerReference>${reference}</CallerReference></InvalidationBatch>`;
}

/**
 * The path as it is in links and, if that escapes anything, also without escapes. Links escape a
 * plus for S3, which RFC 1738 does not ask for, and CloudFront may not match a path with more
 * escapes than that.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
function pathsOf(key: PackageKey | VersionFolder): readonly string[] {
  return [...new Set([`/${encodeKey(key)}`, `/${key}`])];
}
