/** Sends one API request by `fetch`: URL, token, JSON, errors, retries. It knows no operation. */
import { ERROR_CODES, type Problem, statusOf } from '../api/schemas/problems.ts';
import { type ByteBudget, readBeginning, readWithin } from './bounded-body.ts';
import { pageOrigin, refusedByCors } from './page-access.ts';
import { isTransient, type RetryPolicy, retry, retryAfterOf } from './retry.ts';
import { isStowageError, StowageError } from './stowage-error.ts';

export type Fetch = typeof globalThis.fetch;

export interface TransportOptions {
  /** Where the service is; may have a path. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Called before each request to the service, instead of `token`. Keep the token between calls. */
  readonly getToken?: (() => string | Promise<string>) | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: Fetch | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** The origin of the page that sends the requests. @default `location.origin`, in a browser */
  readonly pageOrigin?: string | undefined;
}

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Begins with a slash; every variable is already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /**
   * False: a second request would have another effect than the first, so it is not repeated when
   * its answer is lost.
   * @default true
   */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Limit for the bytes of the answer. @default 16 MiB */
  readonly mostBytes?: number;
  /** Limit for the bytes of several answers together. */
  readonly budget?: ByteBudget;
}

const MIB = 1024 * 1024;
/** The largest answers list all files of a version: this is room for some 40,000 files. */
const ANSWER_BYTES = 16 * MIB;
/** Of an error that this client does not understand, the beginning is enough. */
const PROBLEM_BYTES = 64 * 1024;

export class Transport {
  readonly url: string;
  readonly retry: RetryPolicy;
  readonly #getToken: () => string | undefined | Promise<string>;
  readonly #fetch: Fetch;
  readonly #pageOrigin: string | undefined;

  /** @throws TypeError if the URL is invalid, or not http(s) */
  constructor(options: TransportOptions) {
    const url = URL.parse(options.url);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new TypeError(
        `url must begin with http:// or https://, got ${JSON.stringify(options.url)}`,
      );
    }
    this.url = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
    this.retry = options.retry ?? {};
    this.#getToken = options.getToken ?? (() => options.token);
    this.#pageOrigin = options.pageOrigin ?? pageOrigin();
    // A browser's fetch must be called without another `this`.
    this.#fetch = options.fetch ?? ((...args) => globalThis.fetch(...args));
  }

  /** The answer's JSON. @throws StowageError */
  async json<Body>(call: Call): Promise<Body> {
    return (await this.#retried(
      call,
      async (response) => (await readJson(response, call)) as Body,
    )) as Body;
  }

  /** @throws StowageError */
  async text(call: Call): Promise<string> {
    return this.#retried(call, (response) => readText(response, call));
  }

  /** For answers whose body is not needed. @throws StowageError */
  async headers(call: Call): Promise<Headers> {
    return this.#retried(call, async (response) => {
      await response.body?.cancel();
      return response.headers;
    });
  }

  /**
   * Any request, with the `fetch` of this client and without the token.
   * @throws StowageError UNREACHABLE, CORS_REFUSED
   */
  async raw(url: string, init: RequestInit): Promise<Response> {
    try {
      // A browser would add the cookies of the service's origin, which it has none of.
      return await this.#fetch(url, { credentials: 'omit', ...init });
    } catch (error) {
      throw await this.failure(error, url, init.signal ?? undefined);
    }
  }

  /**
   * What to throw for a request that got no answer. Asks the server whether it refuses this page.
   * @param cause of the lost connection
   */
  async failure(cause: unknown, url: string, signal: AbortSignal | undefined): Promise<unknown> {
    const error = unreachable(cause, url, signal);
    const origin = this.#pageOrigin;
    if (!isStowageError(error, 'UNREACHABLE') || origin === undefined) return error;
    const question = { url, pageOrigin: origin, serviceUrl: this.url, signal, cause };
    return (await refusedByCors(question, this.#fetch)) ?? error;
  }

  /**
   * A GET to the service, with the token; returns answers of any status.
   * @throws StowageError UNREACHABLE
   */
  async authorized(
    path: string,
    init: RequestInit & { readonly headers: Readonly<Record<string, string>> },
  ): Promise<Response> {
    return this.raw(`${this.url}${path}`, {
      ...init,
      headers: { ...init.headers, ...(await this.#authorization()) },
      redirect: 'error',
    });
  }

  async #authorization(): Promise<Readonly<Record<string, string>>> {
    const token = await this.#getToken();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  #retried<Result>(call: Call, read: (response: Response) => Promise<Result>): Promise<Result> {
    const attempt = async () => {
      const response = await this.#send(call);
      try {
        return await read(response);
      } catch (error) {
        if (isStowageError(error)) throw error;
        throw unreachable(error, this.url, call.signal);
      }
    };
    const shouldRetry = (error: unknown) =>
      isTransient(error) && (call.repeatable !== false || error.code === 'TOO_MANY_REQUESTS');
    return retry(attempt, { policy: this.retry, signal: call.signal, shouldRetry });
  }

  async #send(call: Call): Promise<Response> {
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...(await this.#authorization()),
    };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    const response = await this.raw(`${this.url}${call.path}${queryText(call.query)}`, {
      method: call.method,
      headers,
      cache: 'no-store',
      // The token would be sent along with a redirect.
      redirect: 'error',
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    if (response.ok) return response;
    throw await problemError(response, call.method);
  }
}

function queryText(query: Call['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params}`;
}

function readText(response: Response, { mostBytes = ANSWER_BYTES, budget }: Call): Promise<string> {
  return readWithin(response, mostBytes, budget);
}

async function readJson(response: Response, call: Call): Promise<unknown> {
  const text = await readText(response, call);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StowageError(
      'BAD_ANSWER',
      'the answer is not JSON: is this the URL of a Stowage service?',
      {
        status: response.status,
        cause,
      },
    );
  }
}

/** The error for a refusal. Without problem details, something in front of the service refused. */
async function problemError(response: Response, method: Call['method']): Promise<StowageError> {
  const { status } = response;
  const retryAfterSeconds = retryAfterOf(response.headers);
  const problem = await readProblem(response);
  if (problem !== undefined) {
    const { code, detail, instance: requestId, checks, checkId } = problem;
    const details = { status, detail, requestId, retryAfterSeconds, checks, checkId };
    return new StowageError(code, detail, details);
  }
  const code = method === 'HEAD' || BUSY_STATUSES.has(status) ? onlyCodeOf(status) : undefined;
  return code === undefined
    ? new StowageError(
        'BAD_ANSWER',
        `status ${status} without problem details: is this a Stowage service?`,
        {
          status,
          retryAfterSeconds,
        },
      )
    : new StowageError(code, `the service answered with status ${status}`, {
        status,
        retryAfterSeconds,
      });
}

/** Statuses that a proxy in front of the service sends when it is overloaded. */
const BUSY_STATUSES: ReadonlySet<number> = new Set([429, 503]);

/** The code of a status that only one code has. */
function onlyCodeOf(status: number): Problem['code'] | undefined {
  const codes = ERROR_CODES.filter((code) => statusOf(code) === status);
  return codes.length === 1 ? codes[0] : undefined;
}

/** @returns undefined if there are no problem details, or the body ends early */
async function readProblem(response: Response): Promise<Problem | undefined> {
  const text = await readBeginning(response, PROBLEM_BYTES).catch(() => '');
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true)
    return undefined;
  try {
    return problemIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * A newer service may send codes and fields that are unknown here; whatever is printed must be
 * text.
 */
function problemIn(value: Partial<Record<keyof Problem, unknown>> | null): Problem | undefined {
  const { code, detail, instance, checks, checkId } = value ?? {};
  if (
    typeof code !== 'string' ||
    !/^[A-Z][A-Z0-9_]{0,63}$/.test(code) ||
    typeof detail !== 'string'
  )
    return undefined;
  const shortened =
    detail.length > DETAIL_CHARACTERS ? `${detail.slice(0, DETAIL_CHARACTERS)}...` : detail;
  return {
    ...value,
    code,
    detail: shortened,
    instance: typeof instance === 'string' ? instance.slice(0, ID_CHARACTERS) : undefined,
    checks: checksIn(checks),
    checkId: typeof checkId === 'string' ? checkId.slice(0, ID_CHARACTERS) : undefined,
  } as Problem;
}

/** Undefined for what is no list of results. */
function checksIn(value: unknown): Problem['checks'] {
  if (!Array.isArray(value)) return undefined;
  const isText = (one: unknown) => one === undefined || typeof one === 'string';
  const fits = (one: Readonly<Record<string, unknown>> | null): boolean =>
    [one?.['check'], one?.['verdict'], one?.['detail']].every((text) => typeof text === 'string') &&
    isText(one?.['filename']) &&
    (one?.['line'] === undefined || Number.isSafeInteger(one['line']));
  return value.every(fits) ? value : undefined;
}

const DETAIL_CHARACTERS = 4000;
const ID_CHARACTERS = 128;

/** The error for a broken connection, or the signal's reason if the call was aborted. */
export function unreachable(error: unknown, url: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const reason = reasonOf(error);
  const { origin, pathname, searchParams } = new URL(url);
  return new StowageError('UNREACHABLE', `no answer from ${origin}: ${reason}`, {
    origin,
    // As servers sign addresses of files on their own disks; no store of S3 does.
    ofGateway: pathname.includes('/blobs/') && searchParams.has('expires'),
    cause: error,
  });
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = 'code' in cause ? String(cause.code) : '';
  return cause.message === '' ? code : cause.message;
}
