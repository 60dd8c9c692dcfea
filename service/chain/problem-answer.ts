/**
 * Turns errors into problem details (RFC 9457). An error that is not a `ServiceError` becomes
 * INTERNAL, and callers do not see its message.
 */
import { problemHeaders, problemOf } from '../../api/schemas/problems.ts';
import { type ErrorCode, isServiceError } from '../../core/errors.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Middleware } from './call.ts';

/** @param isPublicPath whether Basic is accepted too */
export function problemAnswers(isPublicPath: boolean): Middleware {
  return {
    onError: (request) => {
      const { error, event: call } = request;
      const code = isServiceError(error) ? error.code : 'INTERNAL';
      request.response = problem(code, error?.message ?? '', call.requestId, isPublicPath);
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
  const body = problemOf(code, message, requestId);
  return {
    statusCode: body.status,
    headers: { ...problemHeaders(code, isPublicPath) },
    body: JSON.stringify(body),
  };
}
