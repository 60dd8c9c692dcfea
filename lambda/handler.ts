/** What a handler is to its host: Lambda behind an API Gateway HTTP API, or the local server that stands in for both. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { PackageKey } from '../core/names.ts';
import type { BlobVersion } from '../core/records.ts';

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

/** The parts of Lambda's context that are read. */
export interface HandlerContext {
  readonly awsRequestId: string;
}

export type Handler = (event: APIGatewayProxyEventV2, context: HandlerContext) => Promise<HandlerResult>;
