/** Options for AWS clients: bounded waits, and the SDK's standard retries. */

export interface AwsOptions {
  /** @default as the SDK finds it: AWS_REGION, or the profile */
  readonly region?: string;
  /** For tests and other servers than AWS. @default the service's endpoint */
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

/** A caller waits meanwhile, so three tries may take about 9 s. */
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
