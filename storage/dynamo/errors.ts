/** Turns errors of DynamoDB and its SDK into ServiceErrors, with a message that says what to do. */
import { type ErrorCode, ServiceError } from '../../core/errors.ts';

type Meaning = readonly [ErrorCode, string];

const THROTTLED: Meaning = ['TOO_MANY_REQUESTS', 'takes no more requests just now; try again'];
const REFUSED: Meaning = [
  'UNAVAILABLE',
  "refuses the service's credentials; see that they are valid, that they may read and write the table and its indexes, and that this machine's clock is right",
];

const MEANING: Readonly<Record<string, Meaning>> = {
  ProvisionedThroughputExceededException: THROTTLED,
  ThrottlingException: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  LimitExceededException: THROTTLED,
  ResourceNotFoundException: [
    'UNAVAILABLE',
    'is not there, or lacks an index; see TABLE_NAME, the region and the account',
  ],
  AccessDeniedException: REFUSED,
  UnrecognizedClientException: REFUSED,
  InvalidSignatureException: REFUSED,
  IncompleteSignatureException: REFUSED,
  MissingAuthenticationTokenException: REFUSED,
  ExpiredTokenException: REFUSED,
  CredentialsProviderError: REFUSED,
};

/**
 * An item that is too large gets a ValidationException, like other faults; only its text differs.
 */
const TOO_LARGE = /item size/i;

interface SdkError extends Error {
  readonly $metadata?: {
    readonly httpStatusCode?: number | undefined;
    readonly attempts?: number | undefined;
  };
  /** Set on network errors. */
  readonly code?: unknown;
}

/** Whether the condition of a write was not met. */
export function isConditionFailure(error: unknown): error is SdkError {
  return isDynamoError(error, 'ConditionalCheckFailedException');
}

/** @param name such as `ResourceNotFoundException` */
export function isDynamoError(error: unknown, name: string): error is SdkError {
  return error instanceof Error && error.name === name;
}

/** Whether the SDK sent the request more than once: then the first try may have been applied. */
export function wasRepeated(error: SdkError): boolean {
  return (error.$metadata?.attempts ?? 1) > 1;
}

/** @returns what to throw; an error from neither DynamoDB nor its SDK is returned unchanged */
export function translateDynamoError(error: unknown, tableName: string): unknown {
  if (!(error instanceof Error) || error instanceof ServiceError) return error;
  const meaning = MEANING[error.name] ?? meaningOf(error);
  if (meaning === undefined) return error;
  const [code, text] = meaning;
  return new ServiceError(
    code,
    `table ${tableName} ${text} (dynamodb: ${error.name}: ${error.message})`,
    {
      cause: error,
    },
  );
}

function meaningOf(error: SdkError): Meaning | undefined {
  if (error.name === 'ValidationException') {
    return TOO_LARGE.test(error.message)
      ? ['TOO_LARGE', 'keeps at most 400 KB a record']
      : [
          'INTERNAL',
          "does not accept the service's request; see that its keys and indexes are as defined",
        ];
  }
  const status = error.$metadata?.httpStatusCode;
  if (status !== undefined && status >= 400 && status < 500)
    return ['INTERNAL', "refuses the service's request"];
  // Metadata of the SDK or a network code: the error was not thrown by the service's own code.
  const isFromOutside =
    error.$metadata !== undefined ||
    typeof error.code === 'string' ||
    error.name === 'TimeoutError';
  return isFromOutside
    ? [
        'UNAVAILABLE',
        "can't be reached, or fails; try again, or check AWS_REGION, DYNAMODB_ENDPOINT and the network",
      ]
    : undefined;
}
