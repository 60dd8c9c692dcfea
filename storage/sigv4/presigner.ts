/**
 * Signature Version 4 in the URL: what the SDK's `getSignedUrl` makes, letter for letter (a property test compares them), at a fraction of its
 * cost. Links are handed out at the pace at which they are signed: docs/decisions/0007.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';
import { encodeUri } from './encode-uri.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

export interface UrlToSign {
  readonly method: string;
  /** With the port where it is not the protocol's own. */
  readonly host: string;
  /** Encoded. */
  readonly path: string;
  /** Not encoded; names begin with a lower-case letter. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case; all are signed but those that can not be. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What lies between a client and a server changes these, or a signature can not hold itself. */
const UNSIGNABLE =
  /^(authorization|connection|date|expect|from|host|keep-alive|max-forwards|pragma|referer|te|trailer|transfer-encoding|upgrade|user-agent|x-amz-date|x-amzn-trace-id|proxy-.*|sec-.*)$/;

/** What is the same all day: little is left to hash for it. */
interface Day {
  /** `20261122`. */
  readonly date: string;
  readonly scope: string;
  readonly encodedCredential: string;
  readonly key: KeyObject;
}

/** What is the same for all that is signed within a second, for as long a life. */
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

  /** @returns the path with its query; `signedHeaders` as it stands in there. @param moment a whole second */
  sign(
    { method, host, path, query, headers }: UrlToSign,
    moment: Date,
    expiresInSeconds: number,
  ): { readonly pathAndQuery: string; readonly signedHeaders: string } {
    const second = this.#secondOf(moment, expiresInSeconds);
    const names = Object.keys(headers).filter((name) => !UNSIGNABLE.test(name));
    names.push('host');
    const signedHeaders = names.sort().join(';');
    // Parameters are signed in the order of their names, and the signature itself stands in the URL where its name would.
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
  if (!/[\r\n\t]| {2}|^ | $/.test(value)) return value;
  return value
    .replace(/[\r\n]/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');
}
