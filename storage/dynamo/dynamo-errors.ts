/** Turns what DynamoDB and its SDK say into the service's errors; the only place that knows their names. */
import { type ErrorCode, ServiceError } from '../../core/errors.ts';

type Meaning = readonly [ErrorCode, string];

const THROTTLED: Meaning = ['TOO_MANY_REQUESTS', 'takes no more requests just now; try again'];
const REFUSED: Meaning = [
  'UNAVAILABLE',
  "refuses our credentials; see that they are valid, that they may read and write the table and its indexes, and that this machine's clock is right",
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

/** DynamoDB answers 400 ValidationException for what it can't keep, and tells the cases apart by their text alone. */
const TOO_LARGE = /item size/i;

interface SdkError extends Error {
  readonly $metadata?: {
    readonly httpStatusCode?: number | undefined;
    readonly attempts?: number | undefined;
  };
  /** Of errors of the network. */
  readonly code?: unknown;
}

/** Whether a condition was not met. */
export function isConditionFailure(error: unknown): error is SdkError {
  return isForeignError(error, 'ConditionalCheckFailedException');
}

/** @param name as DynamoDB names its errors */
export function isForeignError(error: unknown, name: string): error is SdkError {
  return error instanceof Error && error.name === name;
}

/** Whether the SDK sent the request more than once: then an answer may have been lost, and the request done all the same. */
export function wasRepeated(error: SdkError): boolean {
  return (error.$metadata?.attempts ?? 1) > 1;
}

/** @returns what to throw: an error that is neither DynamoDB's nor its SDK's comes back as it is */
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
          'does not take a request of ours; see that its keys and indexes are as defined',
        ];
  }
  const status = error.$metadata?.httpStatusCode;
  if (status !== undefined && status >= 400 && status < 500)
    return ['INTERNAL', 'refuses a request of ours'];
  // The SDK's metadata or a code of the network: it was not our own code that threw.
  const isForeign =
    error.$metadata !== undefined ||
    typeof error.code === 'string' ||
    error.name === 'TimeoutError';
  return isForeign
    ? [
        'UNAVAILABLE',
        "can't be reached, or fails; try again, or check AWS_REGION, DYNAMODB_ENDPOINT and the network",
      ]
    : undefined;
}
