/**
 * Turns errors into problem details (RFC 9457). An error that is not a `ServiceError` becomes
 * INTERNAL, and callers do not see its message.
 */
import { type Problem, problemHeaders, problemOf } from '../../api/schemas/problems.ts';
import { type ErrorCode, isServiceError } from '../../core/errors.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Middleware, OperationCall } from './call.ts';

interface ProblemParts {
  readonly body: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** What makes a problem a page, for the callers that want one. */
type ProblemPage = (
  problem: ProblemParts,
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
      const members = isServiceError(error) ? error.members : undefined;
      const parts = problemParts(code, message, call.requestId, isPublicPath, members);
      request.response = (await page?.(parts, call)) ?? answerOf(parts);
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
  return answerOf(problemParts(code, message, requestId, isPublicPath));
}

function answerOf({ body, headers }: ProblemParts): HandlerResult {
  return { statusCode: body.status, headers: { ...headers }, body: JSON.stringify(body) };
}

function problemParts(
  code: ErrorCode,
  message: string,
  requestId: string,
  isPublicPath: boolean,
  members?: Readonly<Record<string, unknown>>,
): ProblemParts {
  return {
    body: problemOf(code, message, requestId, members),
    headers: problemHeaders(code, isPublicPath),
  };
}
