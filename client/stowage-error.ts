/**
 * The error that the client throws if the service, the storage or the network refuses a request.
 */
import type { Problem } from '../api/schemas/problems.ts';

/**
 * The codes of the service, and five of the client: `UNREACHABLE` (there was no answer),
 * `CORS_REFUSED` (the server answers, but not to pages of this origin),
 * `BAD_ANSWER` (the answer is not one of Stowage: a wrong URL, the page of a proxy),
 * `STORAGE_REFUSED` (the storage refused a signed request) and `UNSAFE_REQUEST` (the service named
 * a request that this client does not send).
 */
export type StowageErrorCode =
  | Problem['code']
  | 'UNREACHABLE'
  | 'CORS_REFUSED'
  | 'BAD_ANSWER'
  | 'STORAGE_REFUSED'
  | 'UNSAFE_REQUEST';

type CheckResults = NonNullable<Problem['checks']>;

export interface StowageErrorDetails {
  /** HTTP status; absent if there was no answer. */
  readonly status?: number | undefined;
  readonly detail?: string | undefined;
  /** Names the request in the log of the service. */
  readonly requestId?: string | undefined;
  /** The delay from `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined;
  /**
   * With UNREACHABLE: the server that did not answer, as `https://host:port`. It may be the service
   * or its storage. With STORAGE_REFUSED: the server in front of which a proxy refused.
   */
  readonly origin?: string | undefined;
  /** With UNREACHABLE: the service signed this address for itself, so it begins with its PUBLIC_URL. */
  readonly ofGateway?: boolean | undefined;
  /** With CHECKS_FAILED: what was found. */
  readonly checks?: CheckResults | undefined;
  /** With CHECKS_FAILED and CHECKS_PENDING: which run of the checks. */
  readonly checkId?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Callers act on `code`; the message is for people. Aborted calls throw the signal's reason
 * instead.
 */
export class StowageError extends Error {
  override readonly name = 'StowageError';
  readonly code: StowageErrorCode;
  readonly status: number | undefined;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly origin: string | undefined;
  readonly ofGateway: boolean;
  readonly checks: CheckResults;
  readonly checkId: string | undefined;

  constructor(code: StowageErrorCode, message: string, details: StowageErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.detail = details.detail ?? message;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.origin = details.origin;
    this.ofGateway = details.ofGateway ?? false;
    this.checks = details.checks ?? [];
    this.checkId = details.checkId;
  }
}

/** Whether `error` is a StowageError with one of `codes`, or with any code if none is given. */
export function isStowageError(
  error: unknown,
  ...codes: readonly StowageErrorCode[]
): error is StowageError {
  return error instanceof StowageError && (codes.length === 0 || codes.includes(error.code));
}
