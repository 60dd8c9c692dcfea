/** Facts that cannot be had: without a right, or where AWS answers nonsense, each check says so, and none passes. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { examineStack } from '../../../doctor/stack/examine-stack.ts';
import type { StackReport } from '../../../doctor/stack/facts/report.ts';
import { FakeAws, type Manner, OUTPUTS } from './fake-aws.ts';

const OFFLINE = Object.assign(new Error('no network'), { code: 'ECONNREFUSED' });
const lookup = {
  resolveCname: () => Promise.reject(OFFLINE),
  resolve4: () => Promise.reject(OFFLINE),
};
let aws: FakeAws;
afterEach(() => aws.close());

async function examine(
  manner: Manner,
  outputs: Readonly<Record<string, string>> = OUTPUTS,
  signal = new AbortController().signal,
): Promise<StackReport> {
  aws = await FakeAws.listen(manner, outputs);
  const { endpoint } = aws;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const options = { endpoint, credentials, region: 'eu-central-1' };
  return examineStack('dev', { aws: options, endpointOf: () => ({ endpoint }), lookup }, signal);
}

function reasons({ findings }: StackReport): Readonly<Record<string, string>> {
  return Object.fromEntries(
    findings.filter(({ verdict }) => verdict === 'not checked').map(({ id, found }) => [id, found]),
  );
}

describe('without any right but to describe the stack', () => {
  test('every check names the right that it needs', async () => {
    const report = await examine('denies');

    expect(reasons(report)).toEqual({
      'public-access': 'needs s3:GetBucketPublicAccessBlock',
      versioning: 'needs s3:GetBucketVersioning',
      lifecycle: 'needs s3:GetLifecycleConfiguration',
      cors: 'needs s3:GetBucketCORS',
      encryption: 'needs s3:GetEncryptionConfiguration',
      replication: 'needs s3:GetReplicationConfiguration',
      'refuses-plain-http': 'needs s3:GetBucketPolicy',
      'refuses-overwriting': 'needs s3:GetBucketPolicy',
      'refuses-yanked': 'needs s3:GetBucketPolicy',
      'policy-drift': 'needs s3:GetBucketPolicy',
      'table-keys': 'needs dynamodb:DescribeTable',
      'point-in-time-recovery': 'needs dynamodb:DescribeContinuousBackups',
      'deletion-protection': 'needs dynamodb:DescribeTable',
      expiry: 'needs dynamodb:DescribeTimeToLive',
      'cdn-trust': 'needs cloudfront:GetDistributionConfig',
      'cdn-signing-key': 'needs lambda:InvokeFunction',
      'cdn-strangers': 'needs lambda:InvokeFunction',
      'cdn-key-step': 'needs lambda:InvokeFunction',
      'cdn-key-quota': 'needs cloudfront:ListPublicKeys',
      certificates: 'needs cloudformation:ListStackResources',
      'alarm-listeners': 'needs cloudformation:ListStackResources',
      'alarms-there': 'needs cloudformation:ListStackResources',
      'alarms-on': 'needs cloudformation:ListStackResources',
      'alarms-blind': 'needs cloudformation:ListStackResources',
      'dead-letters': 'needs cloudformation:ListStackResources',
      runtimes: 'needs cloudformation:ListStackResources',
      concurrency: 'needs lambda:GetAccountSettings',
      'log-retention': 'needs cloudformation:ListStackResources',
    });
    expect([report.healthy, report.complete]).toEqual([true, false]);
  });

  test('what is known from the stack itself is judged all the same', async () => {
    const { findings } = await examine('denies');

    const verdictOf = (id: string) => findings.find((finding) => finding.id === id);
    expect(verdictOf('stack-status')).toMatchObject({ verdict: 'ok', found: 'CREATE_COMPLETE' });
    expect(verdictOf('domains')).toMatchObject({
      verdict: 'skipped',
      found: expect.stringContaining('no network'),
    });
  });

  test('what runs is asked for one by one once the resources are known', async () => {
    const report = await examine('lists');

    expect(reasons(report)).toMatchObject({
      certificates: 'needs cloudformation:GetTemplate',
      'alarms-on': 'needs cloudwatch:DescribeAlarms',
      'alarm-listeners': 'needs cloudwatch:DescribeAlarms',
      'dead-letters': 'needs sqs:GetQueueAttributes',
      runtimes: 'needs lambda:GetFunctionConfiguration',
      'log-retention': 'needs logs:DescribeLogGroups',
    });
  });
});

test('a Stowage in a stack of someone else is found by the prefix of its outputs', async () => {
  const prefixed = Object.entries(OUTPUTS).map(([name, value]) => [`Packages${name}`, value]);

  const report = await examine('denies', {
    ShopUrl: 'https://shop.example.com',
    ...Object.fromEntries(prefixed),
  });

  expect(report.region).toBe('eu-central-1');
  expect(reasons(report)).toMatchObject({ versioning: 'needs s3:GetBucketVersioning' });
});

test.each([
  ['takes no more requests just now', 'is busy'],
  ['fails for a moment', 'fails at first'],
] as const)('a service that %s is asked again', async (_, manner) => {
  const report = await examine(manner);

  expect(reasons(report)).toMatchObject({
    'alarms-on': 'needs cloudwatch:DescribeAlarms',
    'log-retention': 'needs logs:DescribeLogGroups',
    concurrency: 'needs lambda:GetAccountSettings',
  });
});

test('where a portal answers in place of AWS, no check passes and none crashes', async () => {
  const report = await examine('babbles');

  const passed = report.findings.filter(({ verdict }) => verdict === 'ok').map(({ id }) => id);
  expect(passed).toEqual(['stack-status', 'last-update']);
  expect(reasons(report)['concurrency']).toMatch(
    /^no answer to lambda:GetAccountSettings that can be used: /,
  );
});

test('a stack of something else is named as such', async () => {
  await expect(examine('denies', { Queue: 'x' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('BucketName, TableName and Region, and has Queue'),
  });
});

test('Ctrl-C ends the examination with its reason, not with a report', async () => {
  const reason = new Error('stopped');

  await expect(examine('denies', OUTPUTS, AbortSignal.abort(reason))).rejects.toBe(reason);
});
