/**
 * Signs requests to one bucket with Signature Version 4, in the URL or in headers. It knows nothing
 * about terms, but makes sure that every header it was given is signed.
 */
import type { AwsCredentialIdentity } from '@smithy/types';
import { addSeconds, type Clock } from '../../../core/clock.ts';
import { ServiceError } from '../../../core/errors.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { SignedRequest } from '../../../core/ports/blob-store.ts';
import { canonicalQuery, encodePath } from '../../sigv4/canonical.ts';
import { HeaderSigner } from '../../sigv4/header-signer.ts';
import { Presigner } from '../../sigv4/presigner.ts';
import { translating } from '../bucket/errors.ts';
import type { BucketAddress } from '../bucket/s3-settings.ts';

/** A request to sign. All headers are signed: without one, or with another value, it is refused. */
export interface Unsigned {
  readonly method: SignedRequest['method'];
  readonly key: PackageKey;
  readonly query: Readonly<Record<string, string>>;
  /**
   * Names in lower case. `content-length` is signed, but is not among the headers of the result,
   * because HTTP clients set it themselves.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A header signature is valid for 15 minutes from its date. Session credentials without a known
 * expiry are assumed to be valid for as long.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
const HEADER_SIGNATURE_SECONDS = 15 * 60;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html */
const MAX_PRESIGNED_SECONDS = 7 * 24 * 60 * 60;

/** What a signer needs of a bucket. `S3Bucket` fits, but loads the S3 client. */
export interface SigningBucket {
  /** As the sender of the requests reaches it. */
  readonly address: BucketAddress;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  credentials(): Promise<AwsCredentialIdentity>;
}

interface Signers {
  readonly credentials: AwsCredentialIdentity;
  readonly url: Presigner;
  readonly headers: HeaderSigner;
}

export class RequestSigner {
  readonly #bucket: SigningBucket;
  readonly #clock: Clock;
  readonly #address: BucketAddress;
  #signers: Signers | undefined;

  /** @param address the bucket as the sender of the requests reaches it */
  constructor(bucket: SigningBucket, clock: Clock, address: BucketAddress = bucket.address) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#address = address;
  }

  /**
   * Puts the signature in the URL. It is valid as long as asked, but no longer than the credentials
   * or seven days.
   * @throws UNAVAILABLE if there are no credentials or they have expired
   * @throws NOT_SUPPORTED if a header was not signed
   */
  async inUrl(unsigned: Unsigned, expiresInSeconds: number): Promise<SignedRequest> {
    const { credentials, url: signer } = await this.#current();
    const signingDate = wholeSecond(this.#clock());
    const expiresIn = Math.min(
      expiresInSeconds,
      secondsLeft(credentials, signingDate),
      MAX_PRESIGNED_SECONDS,
    );
    const { protocol, host } = this.#address;
    const { method, key, query, headers } = unsigned;
    const url = { method, host, path: this.#path(key), query, headers };
    const { pathAndQuery, signedHeaders } = signer.sign(url, signingDate, expiresIn);
    requireSigned(signedHeaders, Object.keys(headers));
    return {
      method,
      url: `${protocol}//${host}${pathAndQuery}`,
      headers: headersToSend(headers),
      expiresAt: addSeconds(signingDate, expiresIn),
    };
  }

  /**
   * Puts the signature in headers, over the hash of the body. It is valid for 15 minutes, but no
   * longer than the credentials. @throws like `inUrl`
   */
  async inHeaders(unsigned: Unsigned, sha256: string): Promise<SignedRequest> {
    const { credentials, headers: signer } = await this.#current();
    const signingDate = wholeSecond(this.#clock());
    const { method, key, query } = unsigned;
    const promised = { ...unsigned.headers, 'x-amz-content-sha256': sha256 };
    const { protocol, host } = this.#address;
    const path = this.#path(key);
    const request = { method, host, path, query, headers: promised, sha256 };
    const signed = signer.sign(request, credentials, signingDate);
    requireSigned(signed.signedHeaders, [...Object.keys(promised), 'x-amz-date']);
    const { host: _, ...headers } = signed.headers;
    const life = Math.min(HEADER_SIGNATURE_SECONDS, secondsLeft(credentials, signingDate));
    return {
      method,
      url: `${protocol}//${host}${path}${search(query)}`,
      headers: headersToSend(headers),
      expiresAt: addSeconds(signingDate, life),
    };
  }

  /** The signers for the present credentials, so that the expiry is that of the key that signed. */
  async #current(): Promise<Signers> {
    const address = this.#address;
    // Credentials without an expiry are read once, as the SDK does.
    if (this.#signers !== undefined && this.#signers.credentials.expiration === undefined)
      return this.#signers;
    const credentials = await translating('signing', () => this.#bucket.credentials());
    if (this.#signers?.credentials === credentials) return this.#signers;
    this.#signers = {
      credentials,
      url: new Presigner(credentials, address.signingRegion),
      headers: new HeaderSigner(address.signingRegion, 's3'),
    };
    return this.#signers;
  }

  #path(key: PackageKey): string {
    return `${this.#address.path}/${encodePath(this.#bucket.prefix + key)}`;
  }
}

/** The headers to send. The HTTP client sets the length, which is signed, too. */
function headersToSend({
  'content-length': _,
  ...rest
}: Readonly<Record<string, string>>): SignedRequest['headers'] {
  return rest;
}

function search(query: Readonly<Record<string, string>>): string {
  const text = canonicalQuery(query);
  return text === '' ? '' : `?${text}`;
}

/** @throws NOT_SUPPORTED if one of `promised` is not among the signed headers */
function requireSigned(signedHeaders: string, promised: readonly string[]): void {
  const signed = signedHeaders.split(';');
  const missing = [...promised, 'host'].filter((name) => !signed.includes(name));
  if (missing.length > 0) {
    throw new ServiceError(
      'NOT_SUPPORTED',
      `the signer left out ${missing.join(', ')}, got ${signedHeaders}`,
    );
  }
}

/** @throws UNAVAILABLE if the credentials have expired */
function secondsLeft({ expiration, sessionToken }: AwsCredentialIdentity, now: Date): number {
  if (expiration === undefined)
    return sessionToken === undefined ? Number.POSITIVE_INFINITY : HEADER_SIGNATURE_SECONDS;
  const left = Math.floor((expiration.getTime() - now.getTime()) / 1000);
  if (left >= 1) return left;
  throw new ServiceError(
    'UNAVAILABLE',
    `signing: the credentials have expired at ${expiration.toISOString()}: renew them`,
  );
}

/** Signatures have no fractions of a second. */
function wholeSecond(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / 1000) * 1000);
}
