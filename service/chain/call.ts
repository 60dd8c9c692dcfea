/** One request on its way through the chain: the event, and what the middlewares read from it. */

import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Principal } from '../../core/access/access.ts';
import type { ChannelPolicy } from '../../core/checked.ts';
import type { RolloutGroup } from '../../core/rollouts/audience.ts';
import type { HandlerContext, HandlerResult } from '../host/handler.ts';
import type { Log } from '../host/log.ts';

export type Headers = Readonly<Record<string, string | undefined>>;

/** What a change was made to, by ids. */
export interface AuditSubject {
  readonly versionId?: string;
  readonly packageId?: string;
  readonly channel?: string;
  readonly tokenId?: string;
  readonly linkId?: string;
  readonly ruleId?: string;
  readonly origin?: string;
  readonly state?: string;
  readonly skippedChecks?: boolean;
  /** Deleted although feeds of channels name it. */
  readonly forced?: boolean;
  readonly policy?: ChannelPolicy;
}

/** The constructor sets every field, so that V8 keeps one hidden class on the hot path. */
export class OperationCall {
  readonly event: APIGatewayProxyEventV2;
  readonly requestId: string;
  readonly method: string;
  readonly startedAt: number;
  readonly receiveBody: HandlerContext['receiveBody'];
  readonly #log: Log;
  /** Every host gives the names in lower case. */
  readonly headers: Headers;
  /** Set by the authentication; undefined for operations that need no token. */
  caller: Principal | undefined;
  /** No token was sent to a public path, and downloads are not public: public-access.ts. */
  lacksToken: boolean;
  /** Set by an answer that depends on a rollout, for the log. */
  rollout: RolloutGroup | undefined;
  /** What the path, the query and the body say: text or JSON until the validation has parsed it. */
  path: unknown;
  query: unknown;
  body: unknown;

  constructor(
    event: APIGatewayProxyEventV2,
    log: Log,
    receiveBody?: HandlerContext['receiveBody'],
  ) {
    this.event = event;
    this.requestId = event.requestContext.requestId;
    this.method = event.requestContext.http.method;
    this.startedAt = performance.now();
    this.receiveBody = receiveBody;
    this.#log = log;
    this.headers = event.headers;
    this.caller = undefined;
    this.lacksToken = false;
    this.rollout = undefined;
    this.path = event.pathParameters ?? {};
    this.query = event.queryStringParameters ?? {};
    this.body = undefined;
  }

  /** Of the caller. */
  get address(): string {
    return this.event.requestContext.http.sourceIp;
  }

  /** Logs one line about a change: who did what to which record. */
  audit(action: string, subject: AuditSubject): void {
    this.#log.info({
      audit: true,
      action,
      who: this.caller?.tokenId,
      ...subject,
      requestId: this.requestId,
    });
  }
}

export type ChainRequest = Request<OperationCall, HandlerResult>;
/** Each has one purpose, and is synchronous where possible. */
export type Middleware = MiddlewareObj<OperationCall, HandlerResult>;
