/** One request on its way through the chain: the event, and what each middleware has made of it. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Principal } from '../../core/access/access.ts';
import type { HandlerContext } from '../host/handler.ts';
import type { Log } from '../host/log.ts';

export type Headers = Readonly<Record<string, string | undefined>>;

/** What a change was about; ids only. */
export interface AuditSubject {
  readonly versionId?: string;
  readonly packageId?: string;
  readonly channel?: string;
  readonly tokenId?: string;
  readonly state?: string;
}

/** All fields are there from the start: the hot path stays with one hidden class. */
export class Call {
  readonly event: APIGatewayProxyEventV2;
  readonly requestId: string;
  readonly method: string;
  readonly startedAt: number;
  readonly receiveBody: HandlerContext['receiveBody'];
  readonly #log: Log;
  /** Names in lower case; set by `normaliseHeaders`. */
  headers: Headers;
  /** Set by the authentication; stays undefined where no token is looked at. */
  caller: Principal | undefined;
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
    this.path = event.pathParameters ?? {};
    this.query = event.queryStringParameters ?? {};
    this.body = undefined;
  }

  /** One line in the log for a change that was made: who did what to which. */
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
