/** What an operator does with a stage that is in use: deploys it again, also by a deployment that breaks, and gives it up. */
import {
  CloudFormationClient,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, test } from '@jest/globals';
import { Visit } from '../../e2e/service-contract/visit.ts';
import type { ServiceTarget } from '../../e2e/service-target.ts';
import {
  configOf,
  type DeployedResource,
  type DeployedStack,
  resourcesOf,
} from '../../support/deployed/deployed-stack.ts';
import type { Assembly, Cdk } from '../cdk.ts';
import { openDeployed } from '../deployed-target.ts';
import { REMOVED_ROUTE, RENAMED_ROUTE } from '../earlier-release.ts';
import { readKeyring } from '../keyring.ts';
import { pages } from './settings.ts';

export interface Stage {
  readonly name: string;
  readonly cdk: Cdk;
  /** What is deployed, with `OTHER_SETTINGS`. */
  readonly changed: Assembly;
  readonly stack: DeployedStack;
}

/** Laid over those that the stage was deployed with. */
export const OTHER_SETTINGS = { linkTtlSeconds: 60, oldVersionDays: 90 };
/** In the stage of the API. */
export const OTHER_BURST = 77;
const HELLO = Buffer.from('hello, world');

export function describeChanges(current: () => Stage): void {
  let target: ServiceTarget;
  let visit: Visit;
  beforeAll(async () => {
    target = await openDeployed(current().stack);
    visit = new Visit(target);
    await visit.publish('hello', HELLO);
  });

  test('a deployment that breaks halfway leaves the service at work, as it was', async () => {
    const { cdk, changed, name, stack } = current();
    const before = await resourcesOf(stack.account, name);

    const broken = cdk.deploy(await cdk.broken(changed));

    await expect(broken).rejects.toThrow(/Broken/);
    expect(await statusOf(stack, name)).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(namesOf(await resourcesOf(stack.account, name))).toEqual(namesOf(before));
    expect(await stack.function('Download').environment()).toMatchObject({
      LINK_TTL_SECONDS: '300',
    });
    expect((await target.send(await visit.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('a change set of other settings replaces nothing that keeps state', async () => {
    const { cdk, changed, name, stack } = current();

    await cdk.prepare('rehearsal', changed);

    const changes = await changesOf(stack, name);
    expect(changes.map(({ LogicalResourceId }) => LogicalResourceId)).toContain(bucketOf(stack));
    expect(
      changes.filter(({ Action, Replacement }) => Action === 'Remove' || Replacement === 'True'),
    ).toEqual([]);
  });

  test('a deployment again keeps what is there, and everything that was handed out', async () => {
    const { cdk, changed, name, stack } = current();
    const [before, link] = [await resourcesOf(stack.account, name), await visit.link('hello.bin')];

    const outputs = await cdk.deploy(changed);

    expect(outputs).toEqual(stack.outputs);
    expect(namesOf(await resourcesOf(stack.account, name))).toEqual(namesOf(before));
    expect(await stack.function('Download').environment()).toMatchObject({
      LINK_TTL_SECONDS: '60',
    });
    expect((await target.send(link)).body).toEqual(HELLO);
    expect((await target.send(await visit.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('a release that removed and renamed a route leaves nothing that later changes trip over', async () => {
    const { stack } = current();

    const routes = await pages<{ routeKey: string }>(stack, 'routes');
    const [apiStage] = await pages<{
      defaultRouteSettings: { throttlingBurstLimit: number };
      routeSettings: Readonly<Record<string, object>>;
    }>(stack, 'stages');

    const keys = routes.map(({ routeKey }) => routeKey);
    expect(keys.filter((key) => [REMOVED_ROUTE, RENAMED_ROUTE].includes(key))).toEqual([]);
    // The deployment before this changed the stage: AWS refuses that while it has settings of a route that is gone.
    expect(apiStage?.defaultRouteSettings.throttlingBurstLimit).toBe(OTHER_BURST);
    const settled = Object.keys(apiStage?.routeSettings ?? {});
    expect(settled.filter((key) => !keys.includes(key))).toEqual([]);
  });

  test('what is destroyed leaves its packages and its records behind, and no private key', async () => {
    const { cdk, changed, stack } = current();
    const [Bucket, TableName] = [stack.output('BucketName'), stack.output('TableName')];

    await cdk.destroy(changed);

    expect(await statusOf(stack, current().name)).toBeUndefined();
    const { Versions = [] } = await stack.s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions.map(({ Key }) => Key)).toContain(`packages/${visit.versionId}/hello.bin`);
    const { Table } = await stack.dynamo.send(new DescribeTableCommand({ TableName }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    const { Count = 0 } = await stack.dynamo.send(new ScanCommand({ TableName, Select: 'COUNT' }));
    expect(Count).toBeGreaterThan(0);
    // A key that nothing trusts has no secret to keep.
    expect(await readKeyring(stack)).toEqual([]);
    expect((await target.send(`${target.url}/healthz`)).status).toBeGreaterThanOrEqual(400);
  });
}

function clientOf({ account }: DeployedStack): CloudFormationClient {
  return new CloudFormationClient(configOf(account));
}

async function changesOf(stack: DeployedStack, StackName: string) {
  const client = clientOf(stack);
  const { Changes = [] } = await client.send(
    new DescribeChangeSetCommand({ StackName, ChangeSetName: 'rehearsal' }),
  );
  client.destroy();
  return Changes.flatMap(({ ResourceChange }) =>
    ResourceChange === undefined ? [] : [ResourceChange],
  );
}

/** @returns undefined where no such stack exists */
async function statusOf(stack: DeployedStack, StackName: string): Promise<string | undefined> {
  const client = clientOf(stack);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return Stacks[0]?.StackStatus;
  } catch (error) {
    if ((error as { readonly name: string }).name === 'ValidationError') return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

/** The name of the packages' bucket in the template. */
function bucketOf(stack: DeployedStack): string | undefined {
  return stack
    .ofType('AWS::S3::Bucket')
    .find(({ physicalId }) => physicalId === stack.output('BucketName'))?.logicalId;
}

/** What is replaced gets another physical name. */
function namesOf(resources: readonly DeployedResource[]): Readonly<Record<string, string>> {
  return Object.fromEntries(resources.map(({ logicalId: id, physicalId }) => [id, physicalId]));
}
