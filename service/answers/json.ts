/** The shapes of answers. What is not said otherwise is never kept by anyone on the way: answers hold signed URLs and tokens. */
import type { HandlerResult } from '../host/handler.ts';

export type AnswerHeaders = Readonly<Record<string, string>>;

export function json(statusCode: number, body: object, headers?: AnswerHeaders): HandlerResult {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** 204: done, and nothing to tell. */
export function noContent(): HandlerResult {
  return { statusCode: 204, headers: { 'cache-control': 'no-store' } };
}
