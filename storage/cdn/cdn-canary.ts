/** A canary: one small object behind the CDN, fetched by a link that a key signs, before that key signs any other. */

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { readPrivateKey } from '../../core/cdn-keys/key-pair.ts';
import type { Canary } from '../../core/cdn-keys/ports.ts';
import { addSeconds, type Clock } from '../../core/clock.ts';
import { CANARY_KEY } from '../../core/layout.ts';
import { translating } from '../aws/aws-errors.ts';
import type { S3Bucket } from '../s3/bucket/s3-bucket.ts';
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

  /** Anew each time: whatever stood there, an older release's or somebody's own, would be refused for ever. An edge keeps it for a day at most, and looks at the key before that. */
  async #place(): Promise<void> {
    const { client, name, prefix } = this.#options.bucket;
    const command = new PutObjectCommand({
      Bucket: name,
      Key: prefix + CANARY_KEY,
      Body: CANARY_TEXT,
      ContentType: 'text/plain',
      CacheControl: 'no-store',
    });
    await translating(`the canary in bucket ${name}`, () => client.send(command));
  }
}

/** @returns undefined where it came, else what came instead; the signed URL is in no message */
async function look(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (answer.status === 200 && text === CANARY_TEXT) return undefined;
    const said = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1];
    return `status ${answer.status}${said === undefined ? '' : ` (${said})`}`;
  } catch (error) {
    // That the CDN can't be reached is an answer, too: the key does not sign yet.
    return `no answer (${reasonOf(error)})`;
  }
}

/** `fetch` says that it failed; why, its cause says. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { readonly message?: unknown; readonly cause?: unknown };
  return cause === undefined ? String(message ?? error) : reasonOf(cause);
}
