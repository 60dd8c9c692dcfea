/** Tests a new key: fetches one small object through the CDN by a link that the key signed. */
import { readPrivateKey } from '../../core/cdn-keys/key-pair.ts';
import type { Canary } from '../../core/cdn-keys/ports.ts';
import { addSeconds, type Clock } from '../../core/clock.ts';
import { CANARY_KEY } from '../../core/layout.ts';
import { translating } from '../aws/errors.ts';
import type { S3Bucket } from '../s3/bucket/s3-bucket.ts';
import { parseErrorXml } from '../xml/error-xml.ts';
import { cdnBaseUrl, signCdnUrl } from './cdn-signer.ts';

/** Beside the packages: the catalog knows nothing of it. */
const CANARY_TEXT = 'If this comes, the CDN trusts the key that signed for it.\n';
const LIFE_SECONDS = 60;
const TIMEOUT_MS = 10_000;

export interface CdnCanaryOptions {
  readonly bucket: Pick<S3Bucket, 'client' | 'name' | 'prefix'>;
  readonly domain: string;
  readonly clock: Clock;
}

export class CdnCanary implements Canary {
  readonly #options: CdnCanaryOptions;

  constructor(options: CdnCanaryOptions) {
    this.#options = options;
  }

  async try({ keyId, privateKeyPem }: { readonly keyId: string; readonly privateKeyPem: string }) {
    const privateKey = readPrivateKey(privateKeyPem);
    if (privateKey === undefined) return 'the private key can not be read';
    await this.#place();
    const { domain, clock } = this.#options;
    const expires = Math.floor(addSeconds(clock(), LIFE_SECONDS).getTime() / 1000);
    return look(signCdnUrl(`${cdnBaseUrl(domain)}/${CANARY_KEY}`, expires, { keyId, privateKey }));
  }

  /**
   * Stores the object each time, because a different one (of an older release, say) would fail
   * every test. An edge may cache it for a day, but checks the signature before it serves the copy.
   */
  async #place(): Promise<void> {
    const { client, name, prefix } = this.#options.bucket;
    const input = {
      Bucket: name,
      Key: prefix + CANARY_KEY,
      Body: CANARY_TEXT,
      ContentType: 'text/plain',
      CacheControl: 'no-store',
    };
    await translating(`the canary in bucket ${name}`, () => client.request('PutObject', input));
  }
}

/** @returns undefined if the object came, else what came instead, without the signed URL */
async function look(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (answer.status === 200 && text === CANARY_TEXT) return undefined;
    const { code } = parseErrorXml(text);
    return `status ${answer.status}${code === undefined ? '' : ` (${code})`}`;
  } catch (error) {
    // If the CDN cannot be reached, the key must not sign yet, either.
    return `no answer (${reasonOf(error)})`;
  }
}

/** `fetch` says only that it failed; the reason is in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { readonly message?: unknown; readonly cause?: unknown };
  return cause === undefined ? String(message ?? error) : reasonOf(cause);
}
