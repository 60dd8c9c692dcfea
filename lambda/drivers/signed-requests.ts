/** Where functions send signed requests, and with which credentials: as SDK clients in Lambda do. */
import { processEnvironment } from '../../open/settings/environment.ts';
import type { AwsClientOptions } from '../../storage/aws/aws-client.ts';
import { defaultProvider } from '../runtime/environment-credentials.ts';

/** As the SDK names the variable of a service's endpoint: AWS_ENDPOINT_URL_DYNAMODB. */
type ServiceVariable = 'DYNAMODB' | 'SECRETS_MANAGER' | 'SQS';

/** @param settings before the variables of the environment */
export function signedRequests(
  service: ServiceVariable,
  settings: { readonly region?: string; readonly endpoint?: string } = {},
): AwsClientOptions {
  const env = processEnvironment();
  // Lambda always sets the region.
  const region = settings.region ?? env['AWS_REGION'] ?? '';
  const endpoint =
    settings.endpoint || env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'];
  return { region, credentials: defaultProvider(), ...(endpoint ? { endpoint } : {}) };
}
