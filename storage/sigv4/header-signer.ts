/**
 * Signature Version 4 in headers, over the hash of the body. The result is that of the SDK's signer
 * (a property test compares them), which takes longer to load than most functions have for all.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, hash, type KeyObject } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';
import { canonicalQuery, canonicalValue, UNSIGNABLE } from './canonical.ts';
import { type SigningScope, scopeText, signingKey, signingTime } from './signing-key.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** Set here, so that no proxy has changed them. */
const OWN = new Set(['host', 'x-amz-date']);

export interface RequestToSign {
  readonly method: string;
  /** With the port, unless it is the protocol's default. */
  readonly host: string;
  /** Encoded as the service signs it: S3 once, others twice. @default `/` */
  readonly path?: string;
  /** Not encoded. @default none */
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case; all are signed but those of `UNSIGNABLE`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the body: hex digits. */
  readonly sha256: string;
}

export interface SignedHeaders {
  /** To send: what was given, host, date, token and signature. */
  readonly headers: Readonly<Record<string, string>>;
  /** The names that are signed, with `;` between them. */
  readonly signedHeaders: string;
}

export class HeaderSigner {
  readonly #region: string;
  readonly #service: string;
  #day: { readonly date: string; readonly secret: string; readonly key: KeyObject } | undefined;

  /** @param service as AWS names it in signatures: `s3`, `dynamodb` */
  constructor(region: string, service: string) {
    this.#region = region;
    this.#service = service;
  }

  sign(
    { method, host, path = '/', query = {}, headers, sha256 }: RequestToSign,
    { accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity,
    moment: Date,
  ): SignedHeaders {
    const time = signingTime(moment);
    const scope = { date: time.slice(0, 8), region: this.#region, service: this.#service };
    const toSend: Record<string, string> = {
      ...headers,
      host,
      'x-amz-date': time,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(toSend)
      .filter((name) => OWN.has(name) || !UNSIGNABLE.test(name))
      .sort();
    const signedHeaders = names.join(';');
    const lines = names.map((name) => `${name}:${canonicalValue(toSend[name] ?? '')}\n`).join('');
    const canonical = `${method}\n${path}\n${canonicalQuery(query)}\n${lines}\n${signedHeaders}\n${sha256}`;
    const toSign = `${ALGORITHM}\n${time}\n${scopeText(scope)}\n${hash('sha256', canonical)}`;
    const key = this.#keyOf(secretAccessKey, scope);
    const signature = createHmac('sha256', key).update(toSign).digest('hex');
    const credential = `${accessKeyId}/${scopeText(scope)}`;
    const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
    return { headers: { ...toSend, authorization }, signedHeaders };
  }

  #keyOf(secret: string, scope: SigningScope): KeyObject {
    // Stryker disable next-line ConditionalExpression: what is kept changes the speed alone
    if (this.#day?.date !== scope.date || this.#day.secret !== secret)
      this.#day = { date: scope.date, secret, key: signingKey(secret, scope) };
    return this.#day.key;
  }
}
