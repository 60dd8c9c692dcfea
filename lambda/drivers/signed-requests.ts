/** Where functions send signed requests, and with which credentials: as SDK clients in Lambda do. */

import { withoutUndefined } from '../../core/without-undefined.ts';
import { processEnvironment } from '../../open/settings/environment.ts';
import type { AwsClientOptions } from '../../storage/aws/aws-client.ts';
import type { S3Connect } from '../../storage/s3/bucket/s3-requests.ts';
import { signedS3 } from '../../storage/s3/requests/signed-client.ts';
import { environmentCredentials } from '../runtime/environment-credentials.ts';

/** As the SDK names the variable of a service's endpoint: AWS_ENDPOINT_URL_DYNAMODB. */
type ServiceVariable = 'CLOUDFRONT' | 'DYNAMODB' | 'EVENTBRIDGE' | 'S3' | 'SECRETS_MANAGER' | 'SQS';

/** @param settings before the variables of the environment */
export function signedRequests(
  service: ServiceVariable,
  settings: { readonly region?: string; readonly endpoint?: string } = {},
): AwsClientOptions & { readonly credentials: ReturnType<typeof environmentCredentials> } {
  const env = processEnvironment();
  // Lambda always sets the region.
  const region = settings.region ?? env['AWS_REGION'] ?? '';
  const endpoint =
    settings.endpoint || env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'];
  return { region, credentials: environmentCredentials(), ...(endpoint ? { endpoint } : {}) };
}

/** Asks a bucket by signed requests. Keys of the settings come before those that Lambda sets. */
export const connectS3: S3Connect = (settings, agents) =>
  signedS3({ ...signedRequests('S3', settings), ...withoutUndefined(settings) }, agents);
