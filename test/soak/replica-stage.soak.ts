/** A stage with a replica, rehearsed in two regions with the commands of the documentation: deployed, used, changed, destroyed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListBucketsCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Visit } from '../e2e/service-contract/visit.ts';
import { runCdk } from '../rehearsal/cdk.ts';
import { openDeployed } from '../rehearsal/deployed-target.ts';
import { DeployedStack, resourcesOf } from '../support/deployed/deployed-stack.ts';
import {
  ACCOUNT,
  type AwsEmulator,
  hasAwsEmulator,
  REGION,
  startAwsEmulator,
} from '../support/servers/aws-emulator/aws-emulator.ts';

const OTHER_REGION = 'eu-west-1';
const [SERVICE, REPLICA] = ['Stowage-dev', 'Stowage-dev-replica'];
const HELLO = Buffer.from('hello, world');

describe('a stage with a replica', () => {
  if (!hasAwsEmulator()) {
    test.skip('the emulator of AWS is not installed: nothing is deployed', () => {});
    return;
  }
  let emulator: AwsEmulator;
  let folder: string;
  let service: DeployedStack;
  let replica: DeployedStack;
  /** As an operator types it, with the settings that lib/stages.ts would have. */
  const cdk = (words: string, more: object = {}) => {
    const settings = { region: REGION, replicaRegion: OTHER_REGION, ...more };
    const context = ['-c', 'stage=dev', '-c', `settings=${JSON.stringify(settings)}`];
    const out = ['--output', join(folder, 'cdk.out')];
    return runCdk(emulator, [...words.split(' '), ...context, ...out]);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-replica-'));
    emulator = await startAwsEmulator();
    await cdk(`bootstrap aws://${ACCOUNT}/${REGION} aws://${ACCOUNT}/${OTHER_REGION}`);
    await cdk(`deploy ${SERVICE} --require-approval never`);
    service = await DeployedStack.find(emulator, SERVICE);
    replica = await DeployedStack.find({ ...emulator, region: OTHER_REGION }, REPLICA);
  });
  afterAll(async () => {
    service?.close();
    replica?.close();
    await emulator?.stop();
    await rm(folder, { recursive: true });
  });
  const bucketOfReplica = () => replica.ofType('AWS::S3::Bucket')[0]?.physicalId ?? '';

  test('one command deploys both stacks, each in its region', async () => {
    const versioning = await replica.s3.send(
      new GetBucketVersioningCommand({ Bucket: bucketOfReplica() }),
    );

    expect(service.ofType('AWS::Lambda::Function').length).toBeGreaterThan(5);
    expect(versioning.Status).toBe('Enabled');
  });

  test('a package is copied to the replica', async () => {
    const visit = new Visit(await openDeployed(service));
    await visit.publish('copied', HELLO);

    const { ReplicationConfiguration } = await service.s3.send(
      new GetBucketReplicationCommand({ Bucket: service.output('BucketName') }),
    );

    const copy = await replica.s3.send(
      new GetObjectCommand({
        Bucket: bucketOfReplica(),
        Key: `packages/${visit.versionId}/copied.bin`,
      }),
    );

    expect(ReplicationConfiguration?.Rules).toMatchObject([
      { Status: 'Enabled', Destination: { Bucket: `arn:aws:s3:::${bucketOfReplica()}` } },
    ]);
    expect(await copy.Body?.transformToString()).toBe(HELLO.toString());
  });

  test('what is published is downloaded, also after other settings were deployed', async () => {
    const visit = new Visit(await openDeployed(service));
    await visit.publish('hello', HELLO);
    const before = await visit.target.send(await visit.link('hello.bin'));
    const ids = async () => [
      ...(await resourcesOf(service.account, SERVICE)),
      ...(await resourcesOf(replica.account, REPLICA)),
    ];
    const resources = await ids();

    await cdk(`deploy ${SERVICE} --require-approval never`, { oldVersionDays: 90 });
    const after = await visit.target.send(await visit.link('hello.bin'));

    expect([before.body, after.body]).toEqual([HELLO, HELLO]);
    expect(await ids()).toEqual(resources);
  });

  test('one command destroys both, and both buckets stay', async () => {
    await cdk(`destroy ${SERVICE} ${REPLICA} --force`);

    await expect(DeployedStack.find(service.account, SERVICE)).rejects.toThrow(/no stack/);
    await expect(DeployedStack.find(replica.account, REPLICA)).rejects.toThrow(/no stack/);
    const { Buckets = [] } = await service.s3.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(
      expect.arrayContaining([service.output('BucketName'), bucketOfReplica()]),
    );
  });
});
