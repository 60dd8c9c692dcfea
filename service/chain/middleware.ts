/** What a middleware of the chain is: one purpose, synchronous where that is possible. */
import type { MiddlewareObj, Request } from '@middy/core';
import type { HandlerResult } from '../host/handler.ts';
import type { Call } from './call.ts';

export type ChainRequest = Request<Call, HandlerResult>;
export type Middleware = MiddlewareObj<Call, HandlerResult>;
