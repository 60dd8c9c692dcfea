/**
 * Region and credentials as clients of the SDK find them: from options, the environment, profiles,
 * single sign-on or roles. Signed requests of commands use them; functions know theirs.
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { AwsClientOptions } from './aws-client.ts';
import { type AwsOptions, clientOptions } from './client-options.ts';

/** @throws as the SDK does if no region is set */
export async function findAccount(options: AwsOptions): Promise<AwsClientOptions> {
  // Any client would do.
  const client = new CloudFormationClient(clientOptions(options));
  try {
    const region = await client.config.region();
    return { ...options, region, credentials: client.config.credentials };
  } finally {
    client.destroy();
  }
}
