/**
 * Signature Version 4 in the URL. The result is exactly that of the SDK's `getSignedUrl` (a
 * property test compares them), but takes a fraction of the time. The speed of signing limits how
 * fast links can be issued: docs/decisions/0007.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
import { createHmac, hash, type KeyObject } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';
import { canonicalQuery, canonicalValue, encodeUri, UNSIGNABLE } from './canonical.ts';
import { scopeText, signingKey, signingTime } from './signing-key.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

export interface UrlToSign {
  readonly method: string;
  /** With the port, unless it is the protocol's default. */
  readonly host: string;
  /** Encoded. */
  readonly path: string;
  /** Not encoded; names begin with a lower-case letter. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case; all are signed but those of `UNSIGNABLE`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What stays the same for a day, kept so that it is hashed once. */
interface Day {
  /** `20261122`. */
  readonly date: string;
  readonly scope: string;
  readonly encodedCredential: string;
  readonly key: KeyObject;
}

/** What stays the same for all URLs that are signed in one second and are valid equally long. */
interface Second {
  readonly moment: number;
  readonly expiresInSeconds: number;
  /** The parameters before the signature, in the order of their names. */
  readonly query: string;
  /** The first lines of what is signed. */
  readonly preamble: string;
  readonly key: KeyObject;
}

export class Presigner {
  readonly #credentials: AwsCredentialIdentity;
  readonly #region: string;
  readonly #encodedToken: string;
  #day: Day | undefined;
  #second: Second | undefined;

  constructor(credentials: AwsCredentialIdentity, region: string) {
    this.#credentials = credentials;
    this.#region = region;
    const { sessionToken } = credentials;
    this.#encodedToken =
      sessionToken === undefined ? '' : `&X-Amz-Security-Token=${encodeUri(sessionToken)}`;
  }

  /**
   * @returns the path with its query, and the signed headers in it.
   * @param moment a whole second
   */
  sign(
    { method, host, path, query, headers }: UrlToSign,
    moment: Date,
    expiresInSeconds: number,
  ): { readonly pathAndQuery: string; readonly signedHeaders: string } {
    const second = this.#secondOf(moment, expiresInSeconds);
    const names = Object.keys(headers).filter((name) => !UNSIGNABLE.test(name));
    names.push('host');
    const signedHeaders = names.sort().join(';');
    // Parameters are signed in the order of their names. `X-Amz-Signature` comes before
    // `X-Amz-SignedHeaders`, which is why the query is kept in two halves.
    const own = canonicalQuery(query);
    const rest = `&X-Amz-SignedHeaders=${names.join('%3B')}${own === '' ? '' : `&${own}`}`;
    let lines = '';
    for (const name of names)
      lines += `${name}:${name === 'host' ? host : canonicalValue(headers[name] ?? '')}\n`;
    const canonical = `${method}\n${path}\n${second.query}${rest}\n${lines}\n${signedHeaders}\nUNSIGNED-PAYLOAD`;
    const toSign = second.preamble + hash('sha256', canonical);
    const signature = createHmac('sha256', second.key).update(toSign).digest('hex');
    return {
      pathAndQuery: `${path}?${second.query}&X-Amz-Signature=${signature}${rest}`,
      signedHeaders,
    };
  }

  #secondOf(moment: Date, expiresInSeconds: number): Second {
    const known = this.#second;
    // Stryker disable next-line ConditionalExpression: what is kept changes the speed alone
    if (known?.moment === moment.getTime() && known.expiresInSeconds === expiresInSeconds)
      return known;
    const time = signingTime(moment);
    const { scope, encodedCredential, key } = this.#dayOf(time.slice(0, 8));
    const query = `X-Amz-Algorithm=${ALGORITHM}&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=${encodedCredential}&X-Amz-Date=${time}&X-Amz-Expires=${expiresInSeconds}${this.#encodedToken}`;
    const preamble = `${ALGORITHM}\n${time}\n${scope}\n`;
    this.#second = { moment: moment.getTime(), expiresInSeconds, query, preamble, key };
    return this.#second;
  }

  #dayOf(date: string): Day {
    // Stryker disable next-line ConditionalExpression: what is kept changes the speed alone
    if (this.#day?.date === date) return this.#day;
    const { accessKeyId, secretAccessKey } = this.#credentials;
    const of = { date, region: this.#region, service: 's3' };
    const scope = scopeText(of);
    const encodedCredential = encodeUri(`${accessKeyId}/${scope}`);
    this.#day = { date, scope, encodedCredential, key: signingKey(secretAccessKey, of) };
    return this.#day;
  }
}
