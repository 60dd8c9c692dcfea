/**
 * Reads a deployed stack: its state, and its outputs, such as the URL of its API and the names of
 * its table and functions.
 */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../core/errors.ts';
import { type AwsOptions, clientOptions } from './client-options.ts';
import { isAwsError, translating } from './errors.ts';
import { refuseFailedDeployment } from './failed-deployment.ts';

const TIMEOUT_MS = 15_000;

/** The outputs of a stack, by name. @throws as `readStack` */
export async function readStackOutputs(
  stackName: string,
  options: AwsOptions = {},
): Promise<Readonly<Record<string, string>>> {
  return outputsOf(await readStack(stackName, options));
}

export function outputsOf({ Outputs = [] }: Stack): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}

/**
 * @throws NOT_FOUND if the account has no such stack in the region
 * @throws INVALID_INPUT if no region is set
 * @throws UNAVAILABLE if CloudFormation cannot be asked, or nothing was ever deployed
 */
export async function readStack(stackName: string, options: AwsOptions = {}): Promise<Stack> {
  const client = new CloudFormationClient(clientOptions({ timeoutMs: TIMEOUT_MS, ...options }));
  try {
    const region = await regionOf(client);
    const { Stacks: [stack] = [] } = await describeStack(client, stackName, region);
    if (stack !== undefined) await refuseFailedDeployment(client, stack);
    return stack ?? { StackName: stackName, CreationTime: undefined, StackStatus: undefined };
  } finally {
    client.destroy();
  }
}

async function describeStack(client: CloudFormationClient, stackName: string, region: string) {
  return translating(`stack ${stackName} in ${region}`, async () => {
    try {
      return await client.send(new DescribeStacksCommand({ StackName: stackName }));
    } catch (error) {
      // With only a name given, CloudFormation says this if there is no such stack.
      if (!isAwsError(error, 'ValidationError')) throw error;
      const where = `in ${region} of the account that the AWS credentials are of`;
      throw new ServiceError('NOT_FOUND', `there is no stack ${stackName} ${where}`, {
        cause: error,
      });
    }
  });
}

/** @throws INVALID_INPUT if neither the environment nor the profile has a region */
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
