/**
 * Signature Version 4 in the URL. The result is exactly that of the SDK's `getSignedUrl` (a
 * property test compares them), but takes a fraction of the time. The speed of signing limits how
 * fast links can be issued: docs/decisions/0007.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';

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

/** Proxies change these headers, or they carry the signature itself. */
const UNSIGNABLE =
  /^(authorization|connection|date|expect|from|host|keep-alive|max-forwards|pragma|referer|te|trailer|transfer-encoding|upgrade|user-agent|x-amz-date|x-amzn-trace-id|proxy-.*|sec-.*)$/;

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
    const rest = `&X-Amz-SignedHeaders=${names.join('%3B')}${encodedQuery(query)}`;
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
    // 2026-11-22T12:00:00.000Z becomes 20261122T120000Z.
    const time = `${moment.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
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
    const scope = `${date}/${this.#region}/s3/aws4_request`;
    let key: string | Buffer = `AWS4${secretAccessKey}`;
    for (const step of [date, this.#region, 's3', 'aws4_request'])
      key = createHmac('sha256', key).update(step).digest();
    const encodedCredential = encodeUri(`${accessKeyId}/${scope}`);
    // An HMAC with a KeyObject is ten times faster than with a Buffer (Node 24).
    this.#day = { date, scope, encodedCredential, key: createSecretKey(Buffer.from(key)) };
    return this.#day;
  }
}

function encodedQuery(query: Readonly<Record<string, string>>): string {
  let text = '';
  for (const name of Object.keys(query).sort())
    text += `&${encodeUri(name)}=${encodeUri(query[name] ?? '')}`;
  return text;
}

function canonicalValue(value: string): string {
  // Stryker disable next-line all: most values need no replacing, which gives the same
  if (!/[\r\n\t]| {2}|^ | $/.test(value)) return value;
  return value
    .replace(/[\r\n]/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');
}

const UNRESERVED = /^[\w.~-]*$/;

/** Encodes (RFC 3986) everything but letters, digits and `-._~`. */
export function encodeUri(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes each segment, and keeps the slashes. */
export function encodePath(text: string): string {
  return text.split('/').map(encodeUri).join('/');
}
