/**
 * Calls services of AWS that take JSON by POST (DynamoDB, Secrets Manager, SQS), with signed
 * requests and no client of the SDK, which takes longer to load than all the rest of a function.
 * Retries, timeouts and the correction of a wrong clock are those of the SDK's standard mode:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { hash } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';
import { Poster } from '../http/post.ts';
import { HeaderSigner } from '../sigv4/header-signer.ts';

export interface JsonClientOptions {
  readonly region: string;
  /** @default the region's endpoint of the service */
  readonly endpoint?: string;
  /** Read for each try, because they may change. */
  readonly credentials: AwsCredentialIdentity | (() => Promise<AwsCredentialIdentity>);
  /** Limit of one try, including the connection. @default 3000 */
  readonly timeoutMs?: number;
  /** @default 3 */
  readonly maxAttempts?: number;
  /** In milliseconds. @default Date.now */
  readonly now?: () => number;
  /** @default setTimeout */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

export interface JsonService {
  /** In the host name of its endpoints, and in signatures. */
  readonly name: string;
  /** What precedes the operation in `x-amz-target`. */
  readonly target: string;
  readonly jsonVersion: '1.0' | '1.1';
}

/** In the shape of the SDK's errors, so that the same tables translate them. */
class JsonError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly attempts: number };
  readonly code?: string;

  constructor(error: Failure, attempts: number) {
    super(error.message, { cause: error.cause });
    this.name = error.name;
    this.$metadata =
      error.status === undefined ? { attempts } : { httpStatusCode: error.status, attempts };
    if (error.code !== undefined) this.code = error.code;
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

export class JsonClient {
  readonly #service: JsonService;
  readonly #options: JsonClientOptions;
  /** Where requests go, with the port unless it is the protocol's default. */
  readonly host: string;
  readonly #signer: HeaderSigner;
  readonly #poster: Poster;
  readonly #now: () => number;
  readonly #pause: (milliseconds: number) => Promise<void>;
  /** What the clock of AWS is ahead of this machine's. */
  #skewMs = 0;
  #quota = RETRY_QUOTA;

  constructor(service: JsonService, options: JsonClientOptions) {
    const { region, endpoint = endpointOf(service, region) } = options;
    const url = new URL('/', endpoint);
    this.#service = service;
    this.#options = options;
    this.host = url.host;
    this.#signer = new HeaderSigner(region, service.name);
    this.#poster = new Poster(url, SOCKETS);
    this.#now = options.now ?? Date.now;
    this.#pause =
      options.pause ??
      ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  }

  /** @throws JsonError; what the credentials throw */
  async send(operation: string, input: unknown): Promise<unknown> {
    const { maxAttempts = MAX_ATTEMPTS } = this.#options;
    const body = JSON.stringify(input);
    let cost = 1;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#try(operation, body);
      if (!isFailure(answer)) {
        this.#quota = Math.min(RETRY_QUOTA, this.#quota + cost);
        return answer.output;
      }
      cost = TIMEOUTS.has(answer.name) ? RETRY_COST.timeout : RETRY_COST.other;
      if (attempt >= maxAttempts || !isPassing(answer) || this.#quota < cost)
        throw new JsonError(answer, attempt);
      this.#quota -= cost;
      const longest =
        (isThrottled(answer) ? PAUSE_MS.throttled : PAUSE_MS.other) * 2 ** (attempt - 1);
      await this.#pause(Math.floor(Math.random() * Math.min(LONGEST_PAUSE_MS, longest)));
    }
  }

  /** Repeatable. */
  destroy(): void {
    this.#poster.close();
  }

  async #try(operation: string, body: string): Promise<Failure | { readonly output: unknown }> {
    const { timeoutMs = TIMEOUT_MS, credentials } = this.#options;
    const keys = typeof credentials === 'function' ? await credentials() : credentials;
    const { headers } = this.#signer.sign(
      {
        method: 'POST',
        host: this.host,
        sha256: hash('sha256', body),
        headers: {
          'content-type': `application/x-amz-json-${this.#service.jsonVersion}`,
          'x-amz-target': `${this.#service.target}.${operation}`,
        },
      },
      keys,
      new Date(this.#now() + this.#skewMs),
    );
    try {
      const { status, headers: answered, text } = await this.#poster.post(headers, body, timeoutMs);
      const isCorrected = this.#correctClock(answered.date);
      if (status < 300) return { output: text === '' ? {} : JSON.parse(text) };
      return { ...refusalOf(status, text), isCorrected };
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

function endpointOf({ name }: JsonService, region: string): string {
  return `https://${name}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function isFailure(answer: Failure | { readonly output: unknown }): answer is Failure {
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

/** The name may stand behind a namespace, and before an address: `com.amazonaws.x#Name:http://...`. */
function refusalOf(status: number, text: string): Failure {
  const { __type: type, message, Message } = parsed(text);
  const name =
    String(type ?? 'UnknownError')
      .split(':')[0]
      ?.split('#')
      .at(-1) ?? '';
  return { name, message: String(message ?? Message ?? `status ${status}`), status };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // From a proxy: the status says enough.
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
