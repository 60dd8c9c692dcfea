/** Says why the first deployment of a stack failed, after which only its events are left. */
import {
  type CloudFormationClient,
  DescribeStackEventsCommand,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { ServiceError } from '../../core/errors.ts';

/** Of a stack that was never deployed; one that was deployed before has the release before. */
const NEVER_DEPLOYED = /^(?:CREATE_FAILED|ROLLBACK_(?:IN_PROGRESS|FAILED|COMPLETE))$/;
/** What CloudFormation says of resources that another one's failure stopped. */
const STOPPED = /cancelled/i;
const MOST_PAGES = 20;

/** By what AWS says. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /must be verified before you can add new CloudFront resources/,
    `ask AWS Support to verify the account, and deploy meanwhile with -c settings='{"downloads":"s3"}' (docs/operations.md)`,
  ],
];

/** @throws UNAVAILABLE where nothing was ever deployed, with the reason if its events can be read */
export async function refuseFailedDeployment(
  client: CloudFormationClient,
  { StackName: name = '', StackStatus: status, Outputs = [] }: Stack,
): Promise<void> {
  if (!NEVER_DEPLOYED.test(status ?? '') || Outputs.length > 0) return;
  const failed = `the first deployment of stack ${name} failed (${status})`;
  const reason = await firstFailure(client, name);
  if (reason === undefined)
    throw new ServiceError(
      'UNAVAILABLE',
      `${failed}; aws cloudformation describe-stack-events --stack-name ${name} says why`,
    );
  const [, advice] = ADVICE.find(([said]) => said.test(reason)) ?? [];
  throw new ServiceError(
    'UNAVAILABLE',
    `${failed}: ${reason}${advice === undefined ? '' : `; ${advice}`}`,
  );
}

/** Events are listed newest first, and what failed first is the cause of the others. */
async function firstFailure(
  client: CloudFormationClient,
  StackName: string,
): Promise<string | undefined> {
  let first: StackEvent | undefined;
  let NextToken: string | undefined;
  try {
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await client.send(new DescribeStackEventsCommand({ StackName, NextToken }));
      first = answer.StackEvents?.findLast(isFailure) ?? first;
      NextToken = answer.NextToken;
      if (NextToken === undefined) break;
    }
  } catch {
    // Without the right to read the events, the caller says where they are.
    return undefined;
  }
  return first === undefined
    ? undefined
    : `${first.LogicalResourceId}: ${first.ResourceStatusReason}`;
}

function isFailure({ ResourceStatus: status, ResourceStatusReason: reason = '' }: StackEvent) {
  return status?.endsWith('_FAILED') === true && reason !== '' && !STOPPED.test(reason);
}
