/** Removes the copies of a package from the CDN, by one request. */
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
import { translating } from '../aws/errors.ts';
import { CloudFront } from './cloudfront.ts';

export interface InvalidationsOptions {
  readonly distributionId: string;
  readonly credentials: AwsCredentialIdentityProvider;
  /** The region of the bucket, from which the partition follows. */
  readonly region: string;
  /** For tests and other servers than AWS. @default CloudFront's endpoint */
  readonly endpoint?: string;
  readonly newId: NewId;
}

const TIMEOUT_MS = 5000;

export class Invalidations {
  readonly #options: InvalidationsOptions;
  readonly #cloudFront: CloudFront;

  constructor(options: InvalidationsOptions) {
    const { region, credentials, endpoint } = options;
    this.#options = options;
    const where = { region, credentials, ...withoutUndefined({ endpoint }) };
    this.#cloudFront = new CloudFront({ ...where, timeoutMs: TIMEOUT_MS });
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
      this.#cloudFront.create(
        `distribution/${distributionId}/invalidation`,
        'InvalidationBatch',
        // CloudFront treats requests with the same reference as one, so a retry does no harm.
        batch(newId(), paths),
      ),
    );
  }
}

/**
 * A key has no characters that XML would need escaped.
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
 */
function batch(reference: string, paths: readonly string[]): string {
  const items = paths.map((path) => `<Path>${path}</Path>`).join('');
  const wanted = `<Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths>`;
  return `${wanted}<CallerReference>${reference}</CallerReference>`;
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
