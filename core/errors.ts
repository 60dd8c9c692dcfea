/**
 * The one error type of the service and its closed list of codes. It knows no HTTP status (that
 * table is api/schemas/problems.ts).
 */

export type ErrorCode =
  | 'INVALID_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'YANKED'
  | 'ALREADY_EXISTS'
  | 'UPLOAD_IN_PROGRESS'
  | 'NOT_UPLOADED'
  | 'KEY_OCCUPIED'
  | 'CONFLICT'
  | 'RETAINED'
  | 'SEALED'
  | 'NOT_SEALED'
  | 'IN_USE'
  | 'TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'INTEGRITY'
  | 'CHECKS_FAILED'
  | 'CHECKS_PENDING'
  | 'TOO_MANY_REQUESTS'
  | 'INTERNAL'
  | 'NOT_SUPPORTED'
  | 'UNAVAILABLE'
  | 'OUT_OF_SPACE';

/**
 * Callers act on `code`. The message is for people: lower case, no full stop, what was wrong, what
 * was got, what is allowed.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  /** Further members of the problem that callers get. */
  readonly members: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly members?: Readonly<Record<string, unknown>> },
  ) {
    super(message, options);
    this.code = code;
    this.members = options?.members;
  }
}

/** Whether `error` is a ServiceError with one of `codes`. */
export function isServiceError(
  error: unknown,
  ...codes: readonly ErrorCode[]
): error is ServiceError {
  return error instanceof ServiceError && (codes.length === 0 || codes.includes(error.code));
}

const QUOTED_MAX = 80;

/** What a caller sent, as messages quote it: JSON text of at most its first 80 characters. */
export function shorten(text: string): string {
  return JSON.stringify(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}...` : text);
}
