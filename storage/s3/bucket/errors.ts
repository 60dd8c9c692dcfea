/** Turns errors of S3, of compatible stores and of the connection to them into `ServiceError`s. */
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, ServiceError } from '../../../core/errors.ts';
import { storeCode, storeWords } from './store-words.ts';

type Meaning = readonly [ErrorCode, string];

const REGION: Meaning = [
  'UNAVAILABLE',
  'the bucket is in another region: set S3_REGION (and S3_ENDPOINT) to its own',
];
const KEY: Meaning = [
  'UNAVAILABLE',
  'the store refuses the key: check S3_ACCESS_KEY and S3_SECRET_KEY',
];
const UNKNOWN_KEY: Meaning = [
  'UNAVAILABLE',
  'the store does not know the key: check S3_ACCESS_KEY, and that S3_ENDPOINT is the store that it is for',
];
const SIGNATURE: Meaning = [
  'UNAVAILABLE',
  'the store calculates another signature: check S3_SECRET_KEY, and that S3_ENDPOINT is the name by which the store knows itself',
];
const DENIED: Meaning = [
  'UNAVAILABLE',
  'access is denied: the key needs s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts on the objects and s3:ListBucket, s3:ListBucketMultipartUploads on the bucket',
];
const EXPIRED: Meaning = ['UNAVAILABLE', 'the credentials have expired: renew them'];
const BUSY: Meaning = ['UNAVAILABLE', 'the store is busy or failing: try again'];
const ABSENT: Meaning = ['NOT_FOUND', 'nothing is stored there'];
const BODY: Meaning = ['INTEGRITY', 'the store got other bytes than were announced'];
const FULL: Meaning = ['OUT_OF_SPACE', 'the store is full or its quota is used up'];
const UNREACHABLE: Meaning = [
  'UNAVAILABLE',
  'the store can not be reached: check S3_ENDPOINT and the network',
];
const TLS: Meaning = [
  'UNAVAILABLE',
  'the TLS certificate of the store is not trusted or not for its name: check S3_ENDPOINT, and name the file of an authority of your own in NODE_EXTRA_CA_CERTS',
];
const NO_TLS: Meaning = [
  'UNAVAILABLE',
  'what answers there does not speak TLS: set S3_ENDPOINT to its http URL',
];
const NO_HTTP: Meaning = [
  'UNAVAILABLE',
  'what answers there does not speak HTTP: check the port and https in S3_ENDPOINT',
];

/**
 * By the code of the error: those of S3, and those that compatible stores add.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const BY_NAME: { readonly [name: string]: Meaning } = {
  NoSuchKey: ABSENT,
  NoSuchVersion: ABSENT,
  NotFound: ABSENT,
  NoSuchUpload: ['NOT_FOUND', 'no such multipart upload is under way'],
  NoSuchBucket: ['UNAVAILABLE', 'the bucket does not exist: check S3_BUCKET and S3_REGION'],
  PreconditionFailed: ['CONFLICT', 'other bytes are stored there'],
  ConditionalRequestConflict: ['CONFLICT', 'somebody else writes there at the same time'],
  OperationAborted: ['CONFLICT', 'somebody else writes there at the same time'],
  InvalidRange: ['INVALID_INPUT', 'the range is outside the file'],
  EntityTooLarge: ['TOO_LARGE', 'the store takes no file this large in this way'],
  EntityTooSmall: ['INVALID_INPUT', 'every part but the last must have at least 5 MiB'],
  BadDigest: BODY,
  InvalidDigest: BODY,
  IncompleteBody: BODY,
  XAmzContentSHA256Mismatch: BODY,
  XAmzContentChecksumMismatch: BODY,
  QuotaExceeded: FULL,
  XMinioStorageFull: FULL,
  NotImplemented: ['NOT_SUPPORTED', 'the store does not know this operation'],
  MethodNotAllowed: ['NOT_SUPPORTED', 'the store does not know this operation'],
  AccessDenied: DENIED,
  AllAccessDisabled: DENIED,
  InvalidAccessKeyId: UNKNOWN_KEY,
  // versitygw, with status 404.
  XAdminUserNotFound: UNKNOWN_KEY,
  SignatureDoesNotMatch: SIGNATURE,
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  TokenRefreshRequired: EXPIRED,
  InvalidToken: ['UNAVAILABLE', 'the store refuses the session token: check S3_SESSION_TOKEN'],
  CredentialsProviderError: [
    'UNAVAILABLE',
    'no credentials are found: set S3_ACCESS_KEY and S3_SECRET_KEY',
  ],
  RequestTimeTooSkewed: ['UNAVAILABLE', 'the clock of this machine is wrong'],
  PermanentRedirect: REGION,
  TemporaryRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  IllegalLocationConstraintException: REGION,
  SlowDown: BUSY,
  InternalError: BUSY,
  ServiceUnavailable: BUSY,
  RequestTimeout: BUSY,
  TimeoutError: UNREACHABLE,
};

/** Used when there is no code: responses to HEAD have no body, and proxies send their own pages. */
const BY_STATUS: { readonly [status: number]: Meaning } = {
  301: REGION,
  307: REGION,
  400: [
    'UNAVAILABLE',
    'the store refuses the request: check S3_REGION, S3_ENDPOINT and S3_ADDRESSING, and whether the credentials have expired',
  ],
  401: KEY,
  403: [DENIED[0], `${DENIED[1]}; or the clock of this machine is wrong`],
  404: ABSENT,
  409: ['CONFLICT', 'somebody else writes there at the same time'],
  412: ['CONFLICT', 'other bytes are stored there'],
  416: ['INVALID_INPUT', 'the range is outside the file'],
  429: BUSY,
  501: ['NOT_SUPPORTED', 'the store does not know this operation'],
  507: FULL,
};

const BY_ERRNO: { readonly [code: string]: Meaning } = {
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  aborted: UNREACHABLE,
  EPIPE: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ERR_TLS_CERT_ALTNAME_INVALID: TLS,
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
  SELF_SIGNED_CERT_IN_CHAIN: TLS,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS,
  CERT_HAS_EXPIRED: TLS,
  // OpenSSL received something that is not TLS.
  EPROTO: NO_TLS,
  // Node received something that is not HTTP.
  HPE_INVALID_CONSTANT: NO_HTTP,
  'Parse Error': NO_HTTP,
};

interface Foreign {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * The `ServiceError` for an error of the store or of the connection. Other errors are returned as
 * they are.
 * @param what names the work, and opens the message
 */
export function translateError(error: unknown, what: string): unknown {
  if (error instanceof ServiceError || typeof error !== 'object' || error === null) return error;
  const [code, reason] = meaningOf(error as Foreign) ?? [];
  if (code === undefined) return error;
  return new ServiceError(code, `${what}: ${reason}`, { cause: error });
}

function meaningOf(error: Foreign): Meaning | undefined {
  const { name, code, message, $metadata } = error;
  const known = BY_NAME[String(name)];
  if (known !== undefined) return known;
  const status = $metadata?.httpStatusCode ?? 0;
  // If an error comes from another realm (jest has one), the SDK keeps only its message.
  const errno =
    code ?? /SDK error wrapper.*\b(E[A-Z_]+|aborted|Parse Error)\b/.exec(String(message))?.[1];
  const meaning =
    BY_STATUS[status] ?? BY_ERRNO[String(errno)] ?? (status >= 500 ? BUSY : undefined);
  const words = storeWords(error);
  if (words === undefined || status < 400 || status >= 500) return meaning;
  // This code is not in the list above, so the store's own message says more than our advice.
  const said = `the store says "${words}" (status ${status})`;
  return meaning === undefined ? ['UNAVAILABLE', said] : [meaning[0], `${said}; ${meaning[1]}`];
}

/** Codes for causes outside the request. Once the cause is gone, the same request may succeed. */
const MAY_BE_REPAIRED =
  /^KMS\.|Expired|Token|Credential|Signature|Auth|Access|Account|Bucket|Tim(?:e|ing)|Throttl|Slow|Busy|Unavailable|Limit|Quota|Encrypt|Internal/;
/** Statuses that say that the request itself is wrong. */
const WRONG_REQUEST: ReadonlySet<number> = new Set([400, 405, 411, 413, 415, 422]);
const WRONG_BY_NAME: ReadonlySet<ErrorCode> = new Set([
  'INVALID_INPUT',
  'TOO_LARGE',
  'NOT_SUPPORTED',
]);

/**
 * NOT_SUPPORTED if the store would refuse the request however often it is sent. Undefined for
 * everything else, including wrong bytes.
 */
export function finalRefusal(error: unknown, what: string): ServiceError | undefined {
  if (!(error instanceof ServiceError) || error.code === 'INTEGRITY') return undefined;
  const said = error.cause as Foreign | undefined;
  const words = storeWords(said);
  const code = storeCode(said) ?? '';
  const isWrongRequest =
    error.code === 'UNAVAILABLE' &&
    WRONG_REQUEST.has(said?.$metadata?.httpStatusCode ?? 0) &&
    BY_NAME[code] === undefined &&
    !MAY_BE_REPAIRED.test(code);
  if (words === undefined || !(isWrongRequest || WRONG_BY_NAME.has(error.code))) return undefined;
  const advice = 'if it says so of every upload, look at the store with: stowage doctor';
  return new ServiceError('NOT_SUPPORTED', `${what}: the store says "${words}"; ${advice}`, {
    cause: said,
  });
}

/** Runs `work`, and throws its errors translated. */
export async function translating<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw translateError(error, what);
  }
}

const CONFLICT_TRIES = 5;
const CONFLICT_WAIT_MS = 50;

/**
 * `translating` for a conditional write. The store may refuse it (409) while it decides on another
 * write to the same key; then it is sent again a little later.
 */
export async function retryConflicts<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (
        attempt === CONFLICT_TRIES ||
        !isS3Error(error, 'ConditionalRequestConflict', 'OperationAborted')
      ) {
        throw translateError(error, what);
      }
      await delay(CONFLICT_WAIT_MS * 2 ** attempt * Math.random());
    }
  }
}

/** Whether the store's error code is one of `names`. The error may have been translated already. */
export function isS3Error(error: unknown, ...names: readonly string[]): boolean {
  const said = error instanceof ServiceError ? error.cause : error;
  return (
    typeof said === 'object' && said !== null && 'name' in said && names.includes(String(said.name))
  );
}
