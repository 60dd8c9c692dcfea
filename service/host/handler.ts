/**
 * The interface between a handler and its host: Lambda behind an API Gateway HTTP API, or the local
 * server, which takes the place of both.
 */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { PackageKey } from '../../core/names.ts';
import type { BlobVersion } from '../../core/records.ts';

/**
 * Stored bytes that the host sends instead of a body, with ranges and conditional requests
 * (RFC 9110).
 */
export interface BlobAnswer {
  readonly key: PackageKey;
  /** The name of the store that holds them. */
  readonly store: string;
  readonly version: BlobVersion;
  readonly size: number;
}

/**
 * An API Gateway answer (payload 2.0). `blob` is for hosts that stream (PRESIGNED_URLS=false);
 * Lambda does not.
 */
export interface HandlerResult extends APIGatewayProxyStructuredResultV2 {
  readonly blob?: BlobAnswer;
}

/** The bytes of the body as they are sent. */
export function bodyLengthOf({ body = '', isBase64Encoded = false }: HandlerResult): number {
  return Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** The body of a request, as an event carries it. */
export interface EventBody {
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** The parts of Lambda's context that handlers use, and what the local server adds. */
export interface HandlerContext {
  readonly awsRequestId: string;
  /**
   * Reads the body, on a host that does not read it before the caller is known.
   * @default the event carries the body
   * @throws INVALID_INPUT when the body is incomplete or late, UNAVAILABLE when memory is short
   */
  readonly receiveBody?: () => Promise<EventBody>;
}

export type Handler = (
  event: APIGatewayProxyEventV2,
  context: HandlerContext,
) => Promise<HandlerResult>;
