/** Turns errors of AWS and its SDK into `ServiceError`s, except those of S3 and DynamoDB. */
import { type ErrorCode, ServiceError } from '../../core/errors.ts';

type Meaning = readonly [ErrorCode, string];

const REFUSED: Meaning = [
  'UNAVAILABLE',
  'access is denied; see that the credentials are valid and may do this, and that the clock of this machine is right',
];
const BUSY: Meaning = ['UNAVAILABLE', 'takes no more requests just now; try again'];
const IN_USE: Meaning = ['CONFLICT', 'is still in use; try again later'];
const CHANGED: Meaning = ['CONFLICT', 'was changed by somebody else at the same time; try again'];

/**
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html,
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/CommonErrors.html
 */
const MEANING: Readonly<Record<string, Meaning>> = {
  AccessDenied: REFUSED,
  AccessDeniedException: REFUSED,
  UnrecognizedClientException: REFUSED,
  InvalidClientTokenId: REFUSED,
  InvalidSignatureException: REFUSED,
  SignatureDoesNotMatch: REFUSED,
  ExpiredToken: REFUSED,
  ExpiredTokenException: REFUSED,
  CredentialsProviderError: REFUSED,
  DecryptionFailure: ['UNAVAILABLE', 'can not be decrypted; see the KMS key of the secret'],
  ResourceNotFoundException: [
    'UNAVAILABLE',
    'is not there; see CDN_KEYRING, the region and the account',
  ],
  InvalidRequestException: ['UNAVAILABLE', 'can not be used; is the secret being deleted?'],
  Throttling: BUSY,
  ThrottlingException: BUSY,
  TooManyRequestsException: BUSY,
  TooManyInvalidationsInProgress: BUSY,
  PublicKeyInUse: IN_USE,
  ResourceInUse: IN_USE,
  PreconditionFailed: CHANGED,
  InvalidIfMatchVersion: CHANGED,
  NoSuchDistribution: ['UNAVAILABLE', 'is not there; see CDN_DISTRIBUTION_ID'],
  TooManyPublicKeys: [
    'UNAVAILABLE',
    'would be one too many for this account; raise the quota of CloudFront public keys',
  ],
  TooManyKeyGroups: [
    'UNAVAILABLE',
    'would be one too many for this account; raise the quota of CloudFront key groups',
  ],
};

interface Foreign {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Whether the error code of AWS is one of `names`. */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  return isForeign(error) && names.includes(error.name);
}

/**
 * Runs `work`, and throws errors of AWS translated. Other errors stay as they are.
 * @param what names the resource, and opens the message
 */
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

function translateError(error: unknown, what: string): unknown {
  if (error instanceof ServiceError || !isForeign(error)) return error;
  const [code, text] = MEANING[error.name] ?? meaningOf(error) ?? [];
  if (code === undefined) return error;
  return new ServiceError(code, `${what} ${text} (aws: ${error.name}: ${error.message})`, {
    cause: error,
  });
}

function meaningOf(error: Foreign): Meaning | undefined {
  const status = error.$metadata?.httpStatusCode;
  if (status === 403) return REFUSED;
  if (status !== undefined && status >= 400 && status < 500 && status !== 429) {
    return ['INTERNAL', 'refuses our request'];
  }
  const isOfAws =
    error.$metadata !== undefined ||
    typeof error.code === 'string' ||
    error.name === 'TimeoutError';
  return isOfAws
    ? ['UNAVAILABLE', "can't be reached, or fails; try again, or check the region and the network"]
    : undefined;
}

/** By its properties: errors of another realm are not instances of our `Error`. */
function isForeign(error: unknown): error is Foreign {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error;
}
