/**
 * Errors as callers see them: RFC 9457 problem details, and the table from code to HTTP status,
 * which the compiler keeps complete.
 */
import type { CheckResult } from '../../core/checked.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { NamingFeed } from '../../core/records.ts';

const STATUS = {
  INVALID_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  ALREADY_EXISTS: 409,
  UPLOAD_IN_PROGRESS: 409,
  NOT_UPLOADED: 409,
  KEY_OCCUPIED: 409,
  CONFLICT: 409,
  CHECKS_PENDING: 409,
  RETAINED: 409,
  SEALED: 409,
  NOT_SEALED: 409,
  IN_USE: 409,
  YANKED: 410,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTEGRITY: 422,
  CHECKS_FAILED: 422,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  NOT_SUPPORTED: 501,
  UNAVAILABLE: 503,
  OUT_OF_SPACE: 507,
} as const satisfies Record<ErrorCode, number>;

const TITLE = {
  INVALID_INPUT: 'Invalid input',
  UNAUTHENTICATED: 'Not authenticated',
  FORBIDDEN: 'Not allowed',
  NOT_FOUND: 'Not found',
  METHOD_NOT_ALLOWED: 'Method not allowed',
  ALREADY_EXISTS: 'The name is taken',
  UPLOAD_IN_PROGRESS: 'An upload with other terms is under way',
  NOT_UPLOADED: 'Bytes are missing',
  KEY_OCCUPIED: 'A file that Stowage did not upload is stored there',
  CONFLICT: 'Conflict',
  RETAINED: 'The store has to keep the bytes for a time',
  SEALED: 'The version is sealed',
  NOT_SEALED: 'The version is not sealed',
  IN_USE: 'A feed of a channel names it',
  YANKED: 'Yanked',
  TOO_LARGE: 'Too large',
  UNSUPPORTED_MEDIA_TYPE: 'Unsupported media type',
  CHECKS_FAILED: 'Checks failed',
  CHECKS_PENDING: 'Checks are running',
  INTEGRITY: 'The bytes do not match what was declared',
  TOO_MANY_REQUESTS: 'Too many requests',
  INTERNAL: 'Internal error',
  NOT_SUPPORTED: 'Not supported',
  UNAVAILABLE: 'Unavailable',
  OUT_OF_SPACE: 'Out of space',
} as const satisfies Record<ErrorCode, string>;

/** How many seconds a client should wait (`Retry-After`). */
const RETRY_AFTER_SECONDS: { readonly [Code in ErrorCode]?: number } = {
  UNAVAILABLE: 5,
  TOO_MANY_REQUESTS: 1,
  CHECKS_PENDING: 5,
};

/** RFC 9457 section 3, with our stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request id. */
  readonly instance: string;
  readonly code: ErrorCode;
  /** With CHECKS_FAILED: what was found. */
  readonly checks?: readonly CheckResult[];
  /** With CHECKS_FAILED and CHECKS_PENDING: which run of the checks. */
  readonly checkId?: string;
  /** With IN_USE: the feeds that name it. */
  readonly feeds?: readonly NamingFeed[];
}

export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

/** Every error code, for schemas. */
export const ERROR_CODES = Object.keys(STATUS) as readonly ErrorCode[];

/** Codes whose messages may reveal internals. The caller needs those of other 5xx (501, 507). */
const HIDDEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['INTERNAL', 'UNAVAILABLE']);

/** The problem for an error. It leaves out messages that may reveal internals. */
export function problemOf(
  code: ErrorCode,
  message: string,
  requestId: string,
  members: Readonly<Record<string, unknown>> = {},
): Problem {
  return {
    ...members,
    type: `urn:stowage:problem:${code}`,
    title: TITLE[code],
    status: STATUS[code],
    detail: HIDDEN.has(code)
      ? `${TITLE[code].toLowerCase()}; the log of the service has the reason`
      : message,
    instance: requestId,
    code,
  };
}

/** Both schemes, for paths that stock clients ask (RFC 9110 section 11.6.1). */
const PUBLIC_CHALLENGE = 'Bearer, Basic realm="stowage", charset="UTF-8"';

/**
 * The headers that travel with a problem of this code.
 * @param isPublicPath Basic is accepted there too. @default false
 */
export function problemHeaders(
  code: ErrorCode,
  isPublicPath = false,
): Readonly<Record<string, string>> {
  const retryAfter = RETRY_AFTER_SECONDS[code];
  return {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...(code === 'UNAUTHENTICATED' && {
      'www-authenticate': isPublicPath ? PUBLIC_CHALLENGE : 'Bearer',
    }),
  };
}
