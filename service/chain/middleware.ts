/** The type of the chain's middlewares. Each has one purpose, and is synchronous where possible. */
import type { MiddlewareObj, Request } from '@middy/core';
import type { HandlerResult } from '../host/handler.ts';
import type { OperationCall } from './call.ts';

export type ChainRequest = Request<OperationCall, HandlerResult>;
export type Middleware = MiddlewareObj<OperationCall, HandlerResult>;
