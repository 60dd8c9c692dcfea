/**
 * Signs download links for CloudFront instead of S3: a canned policy, signed with ECDSA over P-256
 * and SHA-256.
 */
import { sign } from 'node:crypto';
import type { LinkKey } from '../../core/cdn-keys/signers.ts';
import { addSeconds, type Clock } from '../../core/clock.ts';
import { encodeKey, type PackageKey } from '../../core/names.ts';
import type { BlobStore, DownloadTerms, SignedRequest } from '../../core/ports/blob-store.ts';

export interface CdnSignerOptions {
  /** Host of the distribution or of its alias; a whole URL where it is not served by https. */
  readonly domain: string;
  /** The key that signs now: `CachedKeyring`. */
  readonly keyring: { key(): Promise<LinkKey> };
  readonly clock: Clock;
}

/** A download needs only this part of the store, so the function that signs loads no S3 client. */
export class CdnSigner implements Pick<BlobStore, 'name' | 'signDownload'> {
  /** The name of the store whose files the CDN serves, as in records. */
  readonly name = 's3';
  readonly #baseUrl: string;
  readonly #keyring: CdnSignerOptions['keyring'];
  readonly #clock: Clock;

  constructor({ domain, keyring, clock }: CdnSignerOptions) {
    this.#baseUrl = cdnBaseUrl(domain);
    this.#keyring = keyring;
    this.#clock = clock;
  }

  /**
   * The CDN sends the type and the disposition that were stored with the bytes. They were compared
   * with the record before the package was published.
   * @throws UNAVAILABLE if there is no key
   */
  async signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest> {
    const linkKey = await this.#keyring.key();
    const wanted = addSeconds(this.#clock(), expiresInSeconds);
    const { until = wanted } = linkKey;
    const expires = Math.floor(Math.min(wanted.getTime(), until.getTime()) / 1000);
    return {
      method: terms.method ?? 'GET',
      url: signCdnUrl(`${this.#baseUrl}/${encodeKey(key)}`, expires, linkKey),
      headers: {},
      expiresAt: new Date(expires * 1000),
    };
  }
}

/** The URL of the CDN, without a slash at the end. */
export function cdnBaseUrl(domain: string): string {
  return (domain.includes('://') ? domain : `https://${domain}`).replace(/\/+$/, '');
}

/**
 * Replaces @aws-sdk/cloudfront-signer, which parses the PEM for every link and takes no
 * `KeyObject`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
 * @param url without a query, percent-encoded. @param expires in seconds since 1970
 */
export function signCdnUrl(
  url: string,
  expires: number,
  { keyId, privateKey }: Pick<LinkKey, 'keyId' | 'privateKey'>,
): string {
  const policy = `{"Statement":[{"Resource":"${url}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
  const signature = sign('sha256', Buffer.from(policy), privateKey)
    .toString('base64')
    .replace(/[+=/]/g, safe);
  return `${url}?Expires=${expires}&Signature=${signature}&Key-Pair-Id=${keyId}&Hash-Algorithm=SHA256`;
}

/** CloudFront has its own form of base64 in URLs. */
function safe(char: string): string {
  return char === '+' ? '-' : char === '=' ? '_' : '~';
}
