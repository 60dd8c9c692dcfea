/**
 * Removes the copies of a package from the CDN. It takes one request, signed by the code that signs
 * for S3, too. The CloudFront client would slow the start of functions that yank or delete by
 * a tenth.
 */
import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AwsCredentialIdentityProvider } from '@smithy/types';
import type { NewId } from '../../core/clock.ts';
import { isServiceError } from '../../core/errors.ts';
import {
  encodeKey,
  type PackageKey,
  type VersionFolder,
  type VersionId,
  versionFolder,
} from '../../core/names.ts';
import { translating } from '../aws/errors.ts';
import { parseErrorXml } from '../s3/bucket/store-words.ts';
import { HeaderSigner } from '../sigv4/header-signer.ts';

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
const TRIES = 3;
const PAUSE_MS = 200;
const TIMEOUT_MS = 5000;

export class Invalidations {
  readonly #options: InvalidationsOptions;
  readonly #signer: HeaderSigner;
  readonly #url: URL;

  constructor(options: InvalidationsOptions) {
    const { distributionId } = options;
    const { endpoint, region } = {
      ...placeFor(options.region),
      ...(options.endpoint && { endpoint: options.endpoint }),
    };
    this.#options = options;
    this.#url = new URL(`/${VERSION}/distribution/${distributionId}/invalidation`, endpoint);
    this.#signer = new HeaderSigner(region, 'cloudfront');
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
    // CloudFront treats requests with the same reference as one, so a retry does no harm.
    const body = batch(this.#options.newId(), paths);
    for (let tried = 1; ; tried += 1) {
      try {
        return await translating(`distribution ${this.#options.distributionId}`, () =>
          this.#send(body),
        );
      } catch (error) {
        if (tried === TRIES || !isServiceError(error, 'UNAVAILABLE')) throw error;
        await delay(PAUSE_MS * 2 ** tried * Math.random());
      }
    }
  }

  async #send(body: string): Promise<void> {
    const { host, pathname: path } = this.#url;
    const { headers } = this.#signer.sign(
      {
        method: 'POST',
        host,
        // Nothing in it is encoded, so that encoding it again changes nothing.
        path,
        headers: { 'content-type': 'application/xml' },
        sha256: hash('sha256', body),
      },
      await this.#options.credentials(),
      new Date(),
    );
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(this.#url, { method: 'POST', headers, body, signal }).catch(
      unreachable,
    );
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer.status, text);
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

/** In the shape of the SDK's errors, so that aws/errors.ts translates it. */
function refusal(status: number, text: string): Error {
  const { code = 'Unknown', message = `status ${status}` } = parseErrorXml(text);
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });
}

function unreachable(cause: unknown): never {
  throw Object.assign(new Error('no answer', { cause }), { code: 'UNREACHABLE' });
}
