/**
 * Turns errors into problem details (RFC 9457). An error that is not a `ServiceError` becomes
 * INTERNAL, and callers do not see its message.
 */
import { type Problem, problemHeaders, problemOf } from '../../api/schemas/problems.ts';
import { type ErrorCode, isServiceError } from '../../core/errors.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Middleware, OperationCall } from './call.ts';

/** What makes a problem a page, for the callers that want one. */
type ProblemPage = (
  problem: { readonly body: Problem; readonly headers: Readonly<Record<string, string>> },
  call: OperationCall,
) => Promise<HandlerResult | undefined>;

/**
 * @param isPublicPath whether Basic is accepted too
 * @param page where browsers call the operation
 */
export function problemAnswers(isPublicPath: boolean, page?: ProblemPage): Middleware {
  return {
    onError: async (request) => {
      const { error, event: call } = request;
      const code = isServiceError(error) ? error.code : 'INTERNAL';
      const message = error?.message ?? '';
      const shown = await page?.(problemParts(code, message, call.requestId, isPublicPath), call);
      request.response = shown ?? problem(code, message, call.requestId, isPublicPath);
    },
  };
}

/** A problem as an answer. */
export function problem(
  code: ErrorCode,
  message: string,
  requestId: string,
  isPublicPath = false,
): HandlerResult {
  const { body, headers } = problemParts(code, message, requestId, isPublicPath);
  return { statusCode: body.status, headers: { ...headers }, body: JSON.stringify(body) };
}

function problemParts(
  code: ErrorCode,
  message: string,
  requestId: string,
  isPublicPath: boolean,
): { readonly body: Problem; readonly headers: Readonly<Record<string, string>> } {
  return {
    body: problemOf(code, message, requestId),
    headers: problemHeaders(code, isPublicPath),
  };
}
