/** How clients of AWS are made: bounded waits, the SDK's standard retries. */

export interface AwsOptions {
  /** @default the SDK's own chain: AWS_REGION, the profile */
  readonly region?: string;
  /** For what is not AWS. @default the service's endpoint */
  readonly endpoint?: string;
  /** @default the SDK's own chain */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** For one try, the connection included. @default 3000 */
  readonly timeoutMs?: number;
}

/** A caller waits meanwhile: three tries of 3 s are what it will bear. */
const TIMEOUT_MS = 3000;
const MAX_ATTEMPTS = 3;

export function clientOptions({ timeoutMs = TIMEOUT_MS, ...where }: AwsOptions) {
  return {
    retryMode: 'standard',
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
    ...where,
  };
}
