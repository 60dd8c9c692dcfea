/** Signs download links for the CDN, in the store's place: CloudFront's canned policy, ECDSA over P-256 with SHA-256. Knows no S3. */
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

/** Of the store's work a download needs this alone: who signs for the CDN carries no S3 client with it. */
export class CdnSigner implements Pick<BlobStore, 'name' | 'signDownload'> {
  /** That of the store whose files the CDN hands out: records name it. */
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
   * The type and the disposition that the CDN sends are those which were stored with the bytes, and proven before they were published.
   * @throws UNAVAILABLE where no key can be had
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

/** Without a slash at its end. */
export function cdnBaseUrl(domain: string): string {
  return (domain.includes('://') ? domain : `https://${domain}`).replace(/\/+$/, '');
}

/**
 * Our own, not that of @aws-sdk/cloudfront-signer: that one parses the PEM for every link, and takes no `KeyObject`.
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

/** CloudFront's own form of base64 in URLs. */
function safe(char: string): string {
  return char === '+' ? '-' : char === '=' ? '_' : '~';
}
