/** Reads what a deployed stack tells about itself: where its API is, how its table and its functions are called. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../core/errors.ts';
import { isAwsError, translating } from './aws-errors.ts';
import { type AwsOptions, clientOptions } from './client-options.ts';

const TIMEOUT_MS = 15_000;

/**
 * The outputs of a stack, by name.
 * @throws NOT_FOUND where there is no such stack in the account and region, INVALID_INPUT where no region is set, UNAVAILABLE
 */
export async function readStackOutputs(
  stackName: string,
  options: AwsOptions = {},
): Promise<Readonly<Record<string, string>>> {
  const client = new CloudFormationClient(clientOptions({ timeoutMs: TIMEOUT_MS, ...options }));
  try {
    const region = await regionOf(client);
    const { Stacks: [stack] = [] } = await described(client, stackName, region);
    const outputs = stack?.Outputs ?? [];
    return Object.fromEntries(
      outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    );
  } finally {
    client.destroy();
  }
}

async function described(client: CloudFormationClient, stackName: string, region: string) {
  return translating(`stack ${stackName} in ${region}`, async () => {
    try {
      return await client.send(new DescribeStacksCommand({ StackName: stackName }));
    } catch (error) {
      // The one thing about a name alone that CloudFormation can find invalid here.
      if (!isAwsError(error, 'ValidationError')) throw error;
      const where = `in ${region} of the account that the AWS credentials are of`;
      throw new ServiceError('NOT_FOUND', `there is no stack ${stackName} ${where}`, {
        cause: error,
      });
    }
  });
}

/** @throws INVALID_INPUT where neither the environment nor the profile names one */
async function regionOf(client: CloudFormationClient): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw new ServiceError(
      'INVALID_INPUT',
      'no AWS region is set: set AWS_REGION, or region in the AWS profile',
      {
        cause: error,
      },
    );
  }
}
