/**
 * Sends signed requests to a service of AWS, with no client of the SDK, which takes longer to load
 * than all the rest of a function. Knows no operation of any service; retries, timeouts and the
 * correction of a wrong clock are those of the SDK's standard mode:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AwsCredentialIdentity } from '@smithy/types';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { type Answer, Sender } from '../http/sender.ts';
import { canonicalQuery, encodePath } from '../sigv4/canonical.ts';
import { HeaderSigner } from '../sigv4/header-signer.ts';
import { parseErrorXml } from '../xml/error-xml.ts';
import { domainOf } from './partitions.ts';

export interface AwsClientOptions {
  readonly region: string;
  /** @default the region's endpoint of the service */
  readonly endpoint?: string;
  /** Read for each try, because they may change. */
  readonly credentials: AwsCredentialIdentity | (() => Promise<AwsCredentialIdentity>);
  /** Limit of one try, including the connection. @default 3000 */
  readonly timeoutMs?: number;
  /** 1 for what must not happen twice. @default 3 */
  readonly maxAttempts?: number;
  /** In milliseconds. @default Date.now */
  readonly now?: () => number;
  /** @default setTimeout */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

export interface AwsRequest {
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PUT';
  /** Encoded as it is sent; the signature encodes it once more. @default `/` */
  readonly path?: string;
  /** Not encoded. @default none */
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default none */
  readonly body?: string;
}

export interface AwsReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** In the shape of the SDK's errors, so that the same tables translate them. */
export class AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly attempts: number };
  readonly code?: string;

  constructor({ name, message, status, code, cause }: Failure, attempts: number) {
    super(message, { cause });
    this.name = name;
    this.$metadata = { attempts, ...withoutUndefined({ httpStatusCode: status }) };
    if (code !== undefined) this.code = code;
  }
}

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly status?: number;
  /** Of a fault of the network. */
  readonly code?: string;
  readonly cause?: unknown;
  /** The clock was wrong and is corrected now. */
  readonly isCorrected?: boolean;
}

const SOCKETS = 50;
const TIMEOUT_MS = 3000;
const MAX_ATTEMPTS = 3;
const LONGEST_PAUSE_MS = 20_000;
/** The first pause is a random share of this, and each one twice as long as the one before. */
const PAUSE_MS = { throttled: 500, other: 100 };
/** Each retry takes from this, so that many failing requests are not all retried. */
const RETRY_QUOTA = 500;
const RETRY_COST = { timeout: 10, other: 5 };
/** AWS refuses signatures of another time than five minutes around its own. */
const SKEW_MS = 300_000;

const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);
const TIMEOUTS = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);
const PASSING_STATUS = [500, 502, 503, 504];

export class AwsClient {
  readonly #options: AwsClientOptions;
  /** Where requests go, with the port unless it is the protocol's default. */
  readonly host: string;
  readonly #signer: HeaderSigner;
  readonly #sender: Sender;
  readonly #now: () => number;
  readonly #pause: (milliseconds: number) => Promise<void>;
  /** What the clock of AWS is ahead of this machine's. */
  #skewMs = 0;
  #quota = RETRY_QUOTA;

  /** @param service in the host name of its endpoints, and in signatures: `lambda` */
  constructor(service: string, options: AwsClientOptions) {
    const { region, endpoint = `https://${service}.${region}.${domainOf(region)}` } = options;
    const url = new URL('/', endpoint);
    this.#options = options;
    this.host = url.host;
    this.#signer = new HeaderSigner(region, service);
    this.#sender = new Sender(url, SOCKETS);
    this.#now = options.now ?? Date.now;
    this.#pause =
      options.pause ??
      ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  }

  /** @returns an answer below 300. @throws AwsError; what the credentials throw */
  async send(request: AwsRequest): Promise<AwsReply> {
    const { maxAttempts = MAX_ATTEMPTS } = this.#options;
    let cost = 1;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#try(request);
      if (!isFailure(answer)) {
        this.#quota = Math.min(RETRY_QUOTA, this.#quota + cost);
        return answer;
      }
      cost = TIMEOUTS.has(answer.name) ? RETRY_COST.timeout : RETRY_COST.other;
      if (attempt >= maxAttempts || !isPassing(answer) || this.#quota < cost)
        throw new AwsError(answer, attempt);
      this.#quota -= cost;
      const longest =
        (isThrottled(answer) ? PAUSE_MS.throttled : PAUSE_MS.other) * 2 ** (attempt - 1);
      await this.#pause(Math.floor(Math.random() * Math.min(LONGEST_PAUSE_MS, longest)));
    }
  }

  /** Repeatable. */
  destroy(): void {
    this.#sender.close();
  }

  async #try(request: AwsRequest): Promise<Failure | AwsReply> {
    const { method, path = '/', query = {}, headers: own = {}, body = '' } = request;
    const { timeoutMs = TIMEOUT_MS, credentials } = this.#options;
    const keys = typeof credentials === 'function' ? await credentials() : credentials;
    const toSign = { method, host: this.host, path: encodePath(path), query, headers: own };
    const moment = new Date(this.#now() + this.#skewMs);
    const { headers } = this.#signer.sign(
      { ...toSign, sha256: hash('sha256', body) },
      keys,
      moment,
    );
    const search = canonicalQuery(query);
    const target = search === '' ? path : `${path}?${search}`;
    try {
      const answer = await this.#sender.send({ method, path: target, headers, body }, timeoutMs);
      const isCorrected = this.#correctClock(answer.headers.date);
      return answer.status < 300 ? answer : { ...refusalOf(answer), isCorrected };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** @returns whether it was wrong */
  #correctClock(date: string | undefined): boolean {
    const theirs = Date.parse(date ?? '');
    if (Number.isNaN(theirs)) return false;
    if (Math.abs(this.#now() + this.#skewMs - theirs) < SKEW_MS) return false;
    this.#skewMs = theirs - this.#now();
    return true;
  }
}

function isFailure(answer: Failure | AwsReply): answer is Failure {
  return 'name' in answer;
}

function isThrottled({ name, status }: Failure): boolean {
  return THROTTLED.has(name) || status === 429;
}

function isPassing(failure: Failure): boolean {
  const { name, status, code, isCorrected } = failure;
  return (
    isThrottled(failure) ||
    TIMEOUTS.has(name) ||
    code !== undefined ||
    isCorrected === true ||
    (status !== undefined && PASSING_STATUS.includes(status))
  );
}

/**
 * The code is in a header, in `__type` of JSON behind a namespace (`com.amazonaws.x#Name`), or in
 * `Code` of XML; an address may follow it (`Name:http://...`).
 */
function refusalOf({ status, headers, text }: Answer): Failure {
  const { __type: type, message, Message } = parsed(text);
  const xml = parseErrorXml(text);
  const said = headers['x-amzn-errortype'] ?? type ?? xml.code ?? 'UnknownError';
  const name = String(said).split(':')[0]?.split('#').at(-1) ?? '';
  return { name, message: String(message ?? Message ?? xml.message ?? `status ${status}`), status };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // XML, or from a proxy: the status says enough.
  }
}

/** By its properties: errors of another realm are not instances of our `Error`. */
function failureOf(error: unknown): Failure {
  const {
    name = 'Error',
    message = String(error),
    code,
  } = error as { readonly name?: string; readonly message?: string; readonly code?: unknown };
  return { name, message, cause: error, ...(typeof code === 'string' ? { code } : {}) };
}
