/** Makes the CloudFront client of the SDK, for commands: functions send by `CloudFront`. */
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { type AwsOptions, clientOptions } from '../aws/client-options.ts';

/** Longer than the default: requests to CloudFront are rare, and their callers wait. */
const TIMEOUT_MS = 10_000;

export function cloudFrontClient(options: AwsOptions = {}): CloudFrontClient {
  return new CloudFrontClient(clientOptions({ timeoutMs: TIMEOUT_MS, ...options }));
}
