/**
 * Makes the CDN forget what its edges keep of a package. One request, signed by the library that signs for S3, too: the client of
 * CloudFront would add a tenth to the start of every function that yanks or deletes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentityProvider } from '@smithy/types';
import type { NewId } from '../../core/clock.ts';
import { isServiceError } from '../../core/errors.ts';
import { encodeKey, type PackageKey } from '../../core/names.ts';
import { translating } from '../aws/aws-errors.ts';
import { NodeSha256 } from '../sigv4/node-sha256.ts';

export interface InvalidationsOptions {
  readonly distributionId: string;
  readonly credentials: AwsCredentialIdentityProvider;
  /** Of the bucket: it tells the partition. */
  readonly region: string;
  /** For what is not AWS. @default CloudFront's endpoint */
  readonly endpoint?: string;
  readonly newId: NewId;
}

const VERSION = '2020-05-31';
const TRIES = 3;
const PAUSE_MS = 200;
const TIMEOUT_MS = 5000;

export class Invalidations {
  readonly #options: InvalidationsOptions;
  readonly #signer: SignatureV4;
  readonly #url: URL;

  constructor(options: InvalidationsOptions) {
    const { credentials, distributionId } = options;
    const { endpoint, region } = {
      ...placeFor(options.region),
      ...(options.endpoint && { endpoint: options.endpoint }),
    };
    this.#options = options;
    this.#url = new URL(`/${VERSION}/distribution/${distributionId}/invalidation`, endpoint);
    this.#signer = new SignatureV4({
      credentials,
      region,
      service: 'cloudfront',
      sha256: NodeSha256,
    });
  }

  /** Returns when the CDN has taken the order; it is carried out within seconds to minutes. @throws UNAVAILABLE */
  async invalidate(key: PackageKey): Promise<void> {
    // The same order under the same reference is one order, however often it is sent.
    const body = batch(this.#options.newId(), pathsOf(key));
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
    const { protocol, hostname, host, pathname: path } = this.#url;
    const wanted = { host, 'content-type': 'application/xml' };
    const { headers } = await this.#signer.sign({
      method: 'POST',
      protocol,
      hostname,
      path,
      headers: wanted,
      body,
    });
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(this.#url, { method: 'POST', headers, body, signal }).catch(
      unreachable,
    );
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer.status, text);
  }
}

/** CloudFront has one endpoint a partition. https://docs.aws.amazon.com/general/latest/gr/cf_region.html */
function placeFor(region: string): { readonly endpoint: string; readonly region: string } {
  return region.startsWith('cn-')
    ? { endpoint: 'https://cloudfront.cn-northwest-1.amazonaws.com.cn', region: 'cn-northwest-1' }
    : { endpoint: 'https://cloudfront.amazonaws.com', region: 'us-east-1' };
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html. A key holds nothing that XML would need escaped. */
function batch(reference: string, paths: readonly string[]): string {
  const items = paths.map((path) => `<Path>${path}</Path>`).join('');
  const wanted = `<Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths>`;
  const xmlns = `http://cloudfront.amazonaws.com/doc/${VERSION}/`;
  return `<InvalidationBatch xmlns="${xmlns}">${wanted}<CallerReference>${reference}</CallerReference></InvalidationBatch>`;
}

/**
 * As links name it; and, where that holds an escape, also without: CloudFront is said to find nothing by a path in which more is escaped than
 * RFC 1738 asks for, a plus is not among that, and links escape it for S3's sake.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
function pathsOf(key: PackageKey): readonly string[] {
  return [...new Set([`/${encodeKey(key)}`, `/${key}`])];
}

/** In the shape of the SDK's errors, whose names are translated in one place. */
function refusal(status: number, text: string): Error {
  const [, code = 'Unknown'] = /<Code>(\w{1,64})<\/Code>/.exec(text) ?? [];
  const [, message = `status ${status}`] = /<Message>([^<]{1,1000})<\/Message>/.exec(text) ?? [];
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });
}

function unreachable(cause: unknown): never {
  throw Object.assign(new Error('no answer', { cause }), { code: 'UNREACHABLE' });
}
