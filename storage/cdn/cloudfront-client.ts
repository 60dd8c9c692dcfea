/** Makes the CloudFront client; in a file of its own, so that who only signs does not carry it. */
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { type AwsOptions, clientOptions } from '../aws/client-options.ts';

/** What a service asks CloudFront for is rare, and waited for. */
const TIMEOUT_MS = 10_000;

export function cloudFrontClient(options: AwsOptions = {}): CloudFrontClient {
  return new CloudFrontClient(clientOptions({ timeoutMs: TIMEOUT_MS, ...options }));
}
