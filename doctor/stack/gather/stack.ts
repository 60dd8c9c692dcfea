/** Asks CloudFormation for the stack: its state, its resources, and what its template says. */
import {
  CloudFormationClient,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../../core/errors.ts';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { type AwsOptions, clientOptions } from '../../../storage/aws/client-options.ts';
import { outputsOf, readStack } from '../../../storage/aws/stack-outputs.ts';
import { outputsOfStowage } from '../../../storage/aws/stowage-outputs.ts';
import type { Fact, StackResource, StackState, Wanted } from '../facts/facts.ts';
import { ask } from './ask.ts';
import { readTemplate } from './template.ts';

/** What every stack of Stowage says. */
export interface StackNames {
  readonly region: string;
  readonly bucketName: string;
  readonly tableName: string;
}

/**
 * @param name of the stack, or `STACK/ID` where it holds several Stowages
 * @throws ServiceError if there is no such stack, or it cannot be asked for
 */
export async function gatherState(name: string, options: AwsOptions): Promise<StackState> {
  const [stackName = '', id] = name.split('/');
  const stack = await readStack(stackName, options);
  return {
    name: stackName,
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? 'unknown',
    drift: stack.DriftInformation?.StackDriftStatus ?? 'NOT_CHECKED',
    outputs: outputsOfStowage(stackName, outputsOf(stack), id),
    ...withoutUndefined({ statusReason: stack.StackStatusReason }),
  };
}

/** @throws NOT_FOUND if it is a stack of something else */
export function namesOf({ name, outputs }: StackState): StackNames {
  const { Region: region, BucketName: bucketName, TableName: tableName } = outputs;
  if (region !== undefined && bucketName !== undefined && tableName !== undefined)
    return { region, bucketName, tableName };
  const there = Object.keys(outputs).join(', ') || 'none';
  throw new ServiceError(
    'NOT_FOUND',
    `stack ${name} is no stack of Stowage: it needs the outputs BucketName, TableName and Region, and has ${there}`,
  );
}

export async function gatherResources(
  name: string,
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<readonly StackResource[]>> {
  return withClient(options, (client) =>
    ask('cloudformation:ListStackResources', signal, async () => {
      const found: StackResource[] = [];
      let NextToken: string | undefined;
      do {
        const page = await client.send(
          new ListStackResourcesCommand({ StackName: name, NextToken }),
        );
        for (const one of page.StackResourceSummaries ?? []) {
          const { ResourceType: type, LogicalResourceId: logicalId } = one;
          if (type === undefined || logicalId === undefined) continue;
          found.push({ type, logicalId, physicalId: one.PhysicalResourceId ?? '' });
        }
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      // Nothing to look at must not look like nothing wrong.
      if (found.length === 0) throw new Error('the stack has no resources');
      return found;
    }),
  );
}

export async function gatherWanted(
  { name, id }: StackState,
  { bucketName, tableName }: StackNames,
  resources: Fact<readonly StackResource[]>,
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<Wanted>> {
  if ('unknown' in resources) return resources;
  const deployed = { id, name, bucketName, tableName, resources: resources.value };
  return withClient(options, (client) =>
    ask('cloudformation:GetTemplate', signal, async () => {
      const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName: name }));
      return readTemplate(TemplateBody, deployed);
    }),
  );
}

async function withClient<Result>(
  options: AwsOptions,
  work: (client: CloudFormationClient) => Promise<Result>,
): Promise<Result> {
  const client = new CloudFormationClient(clientOptions(options));
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}
