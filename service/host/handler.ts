/** What a handler is to its host: Lambda behind an API Gateway HTTP API, or the local server that stands in for both. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { PackageKey } from '../../core/names.ts';
import type { BlobVersion } from '../../core/records.ts';

/** Bytes that the host is to send in the place of a body, from the store, with ranges and conditions (RFC 9110) honoured. */
export interface BlobAnswer {
  readonly key: PackageKey;
  /** The name of the store that holds them. */
  readonly store: string;
  readonly version: BlobVersion;
  readonly size: number;
}

/** An API Gateway answer (payload 2.0). `blob` is for hosts that stream (PRESIGNED_URLS=false); Lambda never sees it. */
export interface HandlerResult extends APIGatewayProxyStructuredResultV2 {
  readonly blob?: BlobAnswer;
}

/** The body of a request, as an event carries it. */
export interface EventBody {
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** The parts of Lambda's context that are read, and what the local server adds to it. */
export interface HandlerContext {
  readonly awsRequestId: string;
  /**
   * Lets the body come in, on a host that keeps it back until the caller is known. Absent: the event carries the body.
   * @throws INVALID_INPUT where it does not come whole or in time, UNAVAILABLE where there is no memory for it now
   */
  readonly receiveBody?: () => Promise<EventBody>;
}

export type Handler = (
  event: APIGatewayProxyEventV2,
  context: HandlerContext,
) => Promise<HandlerResult>;
