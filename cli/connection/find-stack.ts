/**
 * Finds a deployed stack by its name, and reads its outputs with the operator's AWS credentials.
 */
import type { AwsOptions } from '../../storage/aws/client-options.ts';
import { outputsOfStowage } from '../../storage/aws/stowage-outputs.ts';
import { failure } from '../output/fault.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundStack {
  readonly name: string;
  /** @throws Fault if the stack has no such output: it is another stack, or of another release */
  output(name: StackOutput): string;
}

/** The outputs of a Stowage stack (lib/stowage.ts). */
type StackOutput = 'ApiUrl' | 'TableName' | 'Region' | 'RotateFunction';

/**
 * Loads the AWS SDK only when it is called, so that other commands start fast.
 * @param name of the stack, or `STACK/ID` where it holds several Stowages
 * @throws ServiceError, Fault
 */
export async function findStack(name: string, env: Environment): Promise<FoundStack> {
  const { readStackOutputs } = await import('../../storage/aws/stack-outputs.ts');
  const [stackName = '', id] = name.split('/');
  const all = await readStackOutputs(stackName, awsOptions(env));
  const outputs = outputsOfStowage(stackName, all, id);
  return {
    name,
    output: (wanted) => {
      const value = outputs[wanted];
      if (value !== undefined) return value;
      const names = Object.keys(outputs).join(', ') || 'none';
      throw failure('NOT_FOUND', `stack ${name} has no output ${wanted}; its outputs: ${names}`, {
        hint: HINTS[wanted],
      });
    },
  };
}

const HINTS: Readonly<Record<StackOutput, string>> = {
  ApiUrl: 'is it a stack of Stowage? cdk deploy prints the names of those that it made',
  TableName: 'is it a stack of Stowage? cdk deploy prints the names of those that it made',
  Region: 'is it a stack of Stowage? cdk deploy prints the names of those that it made',
  RotateFunction: 'a stage whose downloads come from the bucket itself has no keys of a CDN',
};

/** The AWS CLI reads AWS_DEFAULT_REGION too, so its users may have set only that. */
export function awsOptions(env: Environment): AwsOptions {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  return region === undefined || region === '' ? {} : { region };
}

/** Where a service is that is asked without a client of the SDK, which reads the same variables. */
export function endpointOf(service: string, env: Environment): { readonly endpoint?: string } {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'];
  return endpoint ? { endpoint } : {};
}
