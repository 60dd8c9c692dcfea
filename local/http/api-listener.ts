/**
 * Answers requests of the API as API Gateway and Lambda would: it turns a request into an event,
 * calls the handler of the operation, and writes its result.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Router } from '../../api/router.ts';
import type { HttpMethod, OperationId } from '../../api/routes.ts';
import { problemHeaders, problemOf } from '../../api/schemas/problems.ts';
import type { Clock, NewId } from '../../core/clock.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import { problem } from '../../service/chain/problem-answer.ts';
import type { BlobAnswer, Handler, HandlerResult } from '../../service/host/handler.ts';
import type { Log } from '../../service/host/log.ts';
import type { Memory } from '../messages/body-memory.ts';
import { eventOf, type Target, targetOf } from '../messages/event-adapter.ts';
import type { Refusal } from '../messages/gateway-refusal.ts';
import { hasBody, RequestBody } from '../messages/request-body.ts';
import type { Answered } from '../metrics/request-counts.ts';
import { clientAddress } from './client-address.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import { isTooLarge, writeResult } from './write-result.ts';

export interface ApiOptions {
  readonly handlers: Readonly<Record<OperationId, Handler>>;
  /** Answers paths that no route has (404). */
  readonly notFound: Handler;
  /** Makes the handler that answers 405 with this `Allow`. Called once per list of methods. */
  readonly methodNotAllowed: (allowed: readonly HttpMethod[]) => Handler;
  /** Makes the handler that answers 400 for an undecodable path. Called once per operation. */
  readonly malformedPath: (operation: OperationId) => Handler;
  /** Sends the bytes of `HandlerResult.blob`. */
  readonly sendBlob: SendBlob;
  readonly clock: Clock;
  /** Makes request ids. */
  readonly newId: NewId;
  /** The memory that the bodies of all requests may use together. */
  readonly bodyMemory: Memory;
  /** How many proxies in front of the server add an address to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** The origins whose pages may call the API, or `*` for any. Empty: no CORS. */
  readonly corsOrigins: readonly string[];
  /** Is called when a request is answered. @default nothing is measured */
  readonly onAnswered?: (answered: Answered) => void;
  readonly log: Log;
}

/**
 * Sends the bytes with the headers of the result.
 * @returns a refusal if there is nothing to send; the headers of the result are not set then
 */
type SendBlob = (
  request: IncomingMessage,
  response: ServerResponse,
  blob: BlobAnswer,
  headers: NonNullable<HandlerResult['headers']>,
) => Promise<Refusal | undefined>;

/**
 * Settles, without rejecting, when the request is answered or the client has gone. It takes both
 * `request` and `checkContinue` events.
 */
export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createApiListener(options: ApiOptions): Listener {
  const router = new Router();
  const refusers = new Refusers(options);
  return (request, response) => new ApiExchange(options, router, refusers, request, response).run();
}

/** Caches the handlers that refuse: one per list of allowed methods, and one per operation. */
class Refusers {
  readonly #options: Pick<ApiOptions, 'methodNotAllowed' | 'malformedPath'>;
  readonly #made = new Map<string, Handler>();

  constructor(options: Pick<ApiOptions, 'methodNotAllowed' | 'malformedPath'>) {
    this.#options = options;
  }

  ofMethods(allowed: readonly HttpMethod[]): Handler {
    return this.#keep(allowed.join(), () => this.#options.methodNotAllowed(allowed));
  }

  ofPath(operation: OperationId): Handler {
    return this.#keep(operation, () => this.#options.malformedPath(operation));
  }

  #keep(name: string, make: () => Handler): Handler {
    const handler = this.#made.get(name) ?? make();
    this.#made.set(name, handler);
    return handler;
  }
}

/** One request and its answer. */
class ApiExchange {
  readonly #options: ApiOptions;
  readonly #router: Router;
  readonly #refusers: Refusers;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #requestId: string;
  readonly #extraHeaders: Readonly<Record<string, string>>;
  /** @default the request has no body */
  readonly #body: RequestBody | undefined;
  readonly #startedAt: number;
  readonly #sentBefore: number;
  #route: OperationId | 'none' = 'none';

  constructor(
    options: ApiOptions,
    router: Router,
    refusers: Refusers,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#options = options;
    this.#router = router;
    this.#refusers = refusers;
    this.#request = request;
    this.#response = response;
    this.#requestId = options.newId();
    this.#extraHeaders = {
      'x-request-id': this.#requestId,
      ...corsHeaders(request, options.corsOrigins),
    };
    this.#body = hasBody(request)
      ? new RequestBody(request, response, options.bodyMemory)
      : undefined;
    const isMeasured = options.onAnswered !== undefined;
    this.#startedAt = isMeasured ? performance.now() : 0;
    this.#sentBefore = isMeasured ? request.socket.bytesWritten : 0;
  }

  async run(): Promise<void> {
    try {
      await this.#answer();
    } catch (error) {
      await this.#fail(error);
    } finally {
      this.#body?.release();
      this.#report();
    }
  }

  #report(): void {
    const { onAnswered } = this.#options;
    if (onAnswered === undefined) return;
    const { headersSent, statusCode } = this.#response;
    onAnswered({
      route: this.#route,
      status: headersSent ? statusCode : 499,
      ms: performance.now() - this.#startedAt,
      receivedBytes:
        this.#body === undefined ? 0 : Number(this.#request.headers['content-length'] ?? 0),
      sentBytes: this.#request.socket.bytesWritten - this.#sentBefore,
    });
  }

  async #answer(): Promise<void> {
    const { corsOrigins } = this.#options;
    if (isPreflight(this.#request, corsOrigins)) {
      return this.#write({
        statusCode: 204,
        headers: { ...preflightHeaders(this.#request, corsOrigins) },
      });
    }
    const result = await this.#handle(targetOf(this.#request.url ?? '/'));
    this.#body?.release();
    if (this.#response.destroyed) return;
    if (result.blob !== undefined) return this.#send(result, result.blob);
    if (isTooLarge(result))
      throw new Error('the answer of the handler is larger than Lambda lets through');
    return this.#write(result);
  }

  #handle(target: Target): Promise<HandlerResult> {
    const { handlers, notFound } = this.#options;
    const match = this.#router.match(this.#request.method ?? 'GET', target.path);
    switch (match.kind) {
      case 'operation':
        this.#route = match.operation;
        return this.#call(handlers[match.operation], target, match.routeKey, match.pathParameters);
      case 'unknown-path':
        return this.#call(notFound, target, '$default');
      case 'wrong-method':
        return this.#call(this.#refusers.ofMethods(match.allowed), target, '$default');
      case 'malformed-path':
        return this.#call(this.#refusers.ofPath(match.operation), target, '$default');
    }
  }

  #call(
    handler: Handler,
    target: Target,
    routeKey: string,
    pathParameters?: Readonly<Record<string, string>>,
  ): Promise<HandlerResult> {
    const event = eventOf(this.#request, target, {
      routeKey,
      pathParameters,
      requestId: this.#requestId,
      sourceIp: clientAddress(this.#request, this.#options.trustedProxies),
      timeEpoch: this.#options.clock().getTime(),
    });
    const body = this.#body;
    if (body === undefined) return handler(event, { awsRequestId: this.#requestId });
    return handler(event, { awsRequestId: this.#requestId, receiveBody: () => body.receive() });
  }

  async #send({ headers = {} }: HandlerResult, blob: BlobAnswer): Promise<void> {
    const all = withExtra(headers, this.#extraHeaders);
    const refusal = await this.#options.sendBlob(this.#request, this.#response, blob, all);
    if (refusal === undefined) return;
    const { error, status } = refusal;
    const body = JSON.stringify({
      ...problemOf(error.code, error.message, this.#requestId),
      status,
    });
    await this.#write({ statusCode: status, headers: { ...problemHeaders(error.code) }, body });
  }

  #write(result: HandlerResult): Promise<void> {
    return writeResult(this.#request, this.#response, result, {
      extraHeaders: this.#extraHeaders,
      heldBack: this.#body?.isHeldBack === true,
    });
  }

  /** Answers what no handler did: refused requests, and faults, which are a 500 on Lambda too. */
  async #fail(error: unknown): Promise<void> {
    const known = isServiceError(error)
      ? error
      : new ServiceError('INTERNAL', 'internal error', { cause: error });
    const requestId = this.#requestId;
    const line = { requestId, method: this.#request.method, code: known.code, err: error };
    if (known.code === 'INVALID_INPUT') this.#options.log.info(line, 'request refused');
    else this.#options.log.error(line, 'request failed');
    if (this.#response.headersSent || this.#response.destroyed) {
      this.#response.destroy();
      return;
    }
    await this.#write(problem(known.code, known.message, requestId));
  }
}

type ResultHeaders = NonNullable<HandlerResult['headers']>;

/** Joins the `Vary` headers of both. */
function withExtra(headers: ResultHeaders, extra: Readonly<Record<string, string>>): ResultHeaders {
  const merged = { ...headers, ...extra };
  if (headers['vary'] !== undefined && extra['vary'] !== undefined) {
    merged['vary'] = `${headers['vary']}, ${extra['vary']}`;
  }
  return merged;
}
