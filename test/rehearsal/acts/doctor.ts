/** An operator asks `stowage doctor` about the deployed stack: as it is, and after somebody changed it by hand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetBucketCorsCommand,
  GetBucketPolicyCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StackReport } from '../../../doctor/stack/facts/report.ts';
import { type Ran, runCli } from '../../cli/house.ts';
import { doctorPolicy } from '../../docs/doctor-policy.ts';
import { askQuery } from '../../support/deployed/aws-call.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import {
  ACCOUNT,
  type AwsEmulator,
  REGION,
} from '../../support/servers/aws-emulator/aws-emulator.ts';
import { assumeRole } from '../assume-role.ts';

/** The emulator does not have Service Quotas. */
const NOT_OFFERED = ['cdn-key-quota'];

export function describeDoctor(
  emulator: () => AwsEmulator,
  deployed: () => DeployedStack,
  stackName: string,
): void {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-doctor-'));
    // The emulator loads a service with the first request to it and answers no other one meanwhile,
    // which takes ten seconds on a busy machine, longer than functions wait.
    await doctor();
  });
  afterAll(() => rm(folder, { recursive: true }));
  const run = (words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> =>
    runCli(['doctor', '--stack', stackName, ...words], {
      cwd: folder,
      env: { ...emulator().environment, ...env },
    });
  const doctor = (...words: readonly string[]) => run(words, {});
  const examine = async (env = {}): Promise<StackReport> =>
    JSON.parse((await run(['--json'], env)).stdout);
  const idsOf = ({ findings }: StackReport, verdict: string, weight = 'fault') =>
    findings
      .filter((finding) => finding.verdict === verdict && finding.weight === weight)
      .map(({ id }) => id);

  test('a stack is healthy as it was deployed, and what cannot be asked for is no pass', async () => {
    const report = await examine();

    expect(idsOf(report, 'wrong')).toEqual([]);
    expect(report.findings.filter(({ verdict }) => verdict === 'not checked')).toEqual(
      NOT_OFFERED.map((id) =>
        expect.objectContaining({ id, found: expect.stringContaining('servicequotas:') }),
      ),
    );
    expect([report.healthy, report.complete]).toEqual([true, false]);
  });

  test('another origin in the CORS rules of the bucket is found by name', async () => {
    const { s3 } = deployed();
    const Bucket = deployed().output('BucketName');
    const { CORSRules } = await s3.send(new GetBucketCorsCommand({ Bucket }));
    const put = (rules: typeof CORSRules) =>
      s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
    await put([{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }]);

    const ran = await doctor('--skip', ...NOT_OFFERED);
    await put(CORSRules);

    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^cors: .*\n {2}found {5}GET from \*/m);
    expect(idsOf(await examine(), 'wrong')).toEqual([]);
  });

  test('a refusal that is gone from the policy of the bucket is found by name', async () => {
    const { s3 } = deployed();
    const Bucket = deployed().output('BucketName');
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    const policy: { Statement: readonly { Sid?: string }[] } = JSON.parse(Policy);
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== 'RefuseOverwriting');
    const changed = JSON.stringify({ ...policy, Statement });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: changed }));

    const report = await examine();
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));

    expect(idsOf(report, 'wrong')).toEqual(['refuses-overwriting', 'policy-drift']);
    expect(report.findings.find(({ id }) => id === 'policy-drift')?.found).toContain(
      'missing or changed: RefuseOverwriting',
    );
    expect(idsOf(await examine(), 'wrong')).toEqual([]);
  });

  test('the documented policy is enough, and a right that it lacks is named', async () => {
    const whole = await environmentOfRole(deployed(), 'doctor', () => true);
    const less = await environmentOfRole(
      deployed(),
      'doctor-without-cors',
      (right) => right !== 's3:GetBucketCORS',
    );

    const report = await examine(whole);
    const { findings } = await examine(less);

    const unseen = ({ verdict }: { verdict: string }) => verdict === 'not checked';
    expect(report.findings.filter(unseen).map(({ id }) => id)).toEqual(NOT_OFFERED);
    expect(report.healthy).toBe(true);
    expect(findings.find(({ id }) => id === 'cors')).toMatchObject({
      verdict: 'not checked',
      found: 'needs s3:GetBucketCORS',
    });
  });
}

/** Credentials of a role that has the policy of docs/operations.md, but for the rights left out. */
async function environmentOfRole(
  stack: DeployedStack,
  name: string,
  keeps: (right: string) => boolean,
): Promise<Readonly<Record<string, string>>> {
  const { account } = stack;
  const policy = doctorPolicy();
  const rotate = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${stack.output('RotateFunction')}`;
  const Statement = policy.Statement.map(({ Action, Resource, ...statement }) => ({
    ...statement,
    Action: [Action].flat().filter(keeps),
    Resource: Resource === '*' ? '*' : rotate,
  }));
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: ACCOUNT } }],
  });
  const iam = { Version: '2010-05-08', RoleName: name };
  await askQuery(account, 'iam', { Action: 'CreateRole', ...iam, AssumeRolePolicyDocument });
  await askQuery(account, 'iam', {
    Action: 'PutRolePolicy',
    ...iam,
    PolicyName: 'doctor',
    PolicyDocument: JSON.stringify({ ...policy, Statement }),
  });
  const role = await assumeRole(account, `arn:aws:iam::${ACCOUNT}:role/${name}`);
  return {
    AWS_ACCESS_KEY_ID: role.accessKeyId,
    AWS_SECRET_ACCESS_KEY: role.secretAccessKey,
    AWS_SESSION_TOKEN: role.sessionToken ?? '',
  };
}
