/** Finds a deployed stack by its name: what it tells about itself, read with the operator's own AWS credentials. */
import type { AwsOptions } from '../../storage/aws/client-options.ts';
import { failure } from '../output/fault.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundStack {
  readonly name: string;
  /** @throws Fault where the stack tells no such thing: it is another, or of another release */
  output(name: StackOutput): string;
}

/** What a stack of ours tells (lib/service-stack.ts). */
type StackOutput = 'ApiUrl' | 'TableName' | 'Region' | 'RotateFunction';

/** The SDK of AWS is loaded only here: no other command waits for it. @throws ServiceError, Fault */
export async function findStack(name: string, env: Environment): Promise<FoundStack> {
  const { readStackOutputs } = await import('../../storage/aws/stack-outputs.ts');
  const outputs = await readStackOutputs(name, awsOptions(env));
  return {
    name,
    output: (wanted) => {
      const value = outputs[wanted];
      if (value !== undefined) return value;
      const told = Object.keys(outputs).join(', ') || 'nothing';
      throw failure('NOT_FOUND', `stack ${name} tells no ${wanted}, but ${told}`, {
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

/** The AWS CLI reads AWS_DEFAULT_REGION too, and whoever uses it has set that. */
export function awsOptions(env: Environment): AwsOptions {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  return region === undefined || region === '' ? {} : { region };
}
