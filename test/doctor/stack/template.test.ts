/** What the doctor reads from the template of a stage, as CDK writes it, is what the bucket and its policy must be. */
import { describe, expect, test } from '@jest/globals';
import { known, type StackResource } from '../../../doctor/stack/facts/facts.ts';
import { readTemplate } from '../../../doctor/stack/gather/template.ts';
import type { StageInput } from '../../../lib/stage/stage-settings.ts';
import { templateOf } from '../../lib/support/templates.ts';
import { findingOf, HEALTHY } from './healthy-stack.ts';

interface Resources {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
}

/** As CloudFormation would know the stack: every resource has a name. */
function deployed(input: StageInput) {
  const template = templateOf(input).toJSON() as Resources;
  const resources: readonly StackResource[] = Object.entries(template.Resources).map(
    ([logicalId, { Type: type }]) => ({ type, logicalId, physicalId: `stage-${logicalId}` }),
  );
  const nameOf = (type: string, prefix: string) =>
    resources.find((one) => one.type === type && one.logicalId.startsWith(prefix))?.physicalId;
  const stack = {
    id: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/Stowage-test/1',
    name: 'Stowage-test',
    resources,
    bucketName: nameOf('AWS::S3::Bucket', 'Packages') ?? '',
    tableName:
      nameOf('AWS::DynamoDB::Table', 'Catalog') ??
      nameOf('AWS::DynamoDB::GlobalTable', 'Catalog') ??
      '',
  };
  return { stack, wanted: readTemplate(JSON.stringify(template), stack) };
}

describe('the template of a stage', () => {
  test('says which settings the bucket must have', () => {
    const { wanted } = deployed({ corsOrigins: ['https://a.example'], oldVersionDays: 12 });

    expect(wanted.bucket).toMatchObject({
      cors: [
        {
          origins: ['https://a.example', 'https://*.cloudfront.net'],
          methods: ['PUT', 'GET', 'HEAD'],
        },
      ],
      lifecycle: [
        { id: 'abort-stale-uploads', enabled: true, abortUploadsDays: 8 },
        { id: 'expire-old-versions', enabled: true, oldVersionDays: 12 },
      ],
      encryption: { algorithm: 'AES256', bucketKey: false },
      replicates: false,
    });
  });

  test('holds the refusals that the doctor asks for, resolved to the names of the deployment', () => {
    const { wanted, stack } = deployed({});
    const policy = wanted.bucket?.policy;
    const change = {
      wanted: known(wanted),
      bucket: { ...HEALTHY.bucket, policy: known(policy?.statements) },
    };

    expect(policy?.isWhole).toBe(true);
    expect(JSON.stringify(policy?.statements)).toContain(
      `arn:aws:s3:::${stack.bucketName}/packages/*`,
    );
    for (const id of [
      'refuses-plain-http',
      'refuses-overwriting',
      'refuses-yanked',
      'policy-drift',
    ])
      expect(findingOf(id, change)).toMatchObject({ id, verdict: 'ok' });
  });

  test('says whether the table is protected, how long logs are kept, and which certificates are used', () => {
    const arn = `arn:aws:acm:eu-central-1:123456789012:certificate/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`;
    const { wanted, stack } = deployed({
      deletionProtection: true,
      logRetentionDays: 90,
      apiDomainName: 'api.example.com',
      apiCertificateArn: arn,
    });

    expect(wanted.deletionProtection).toBe(true);
    const logs = stack.resources.find(({ logicalId }) => logicalId.startsWith('PublishLogs'));
    expect(wanted.logRetentionDays[logs?.physicalId ?? '']).toBe(90);
    expect(wanted.apiCertificates).toEqual({ 'api.example.com': arn });
  });

  test('of an app that has a bucket of its own says nothing about a bucket', () => {
    const { stack } = deployed({});

    const wanted = readTemplate(JSON.stringify({ Resources: {} }), stack);

    expect(wanted).toEqual({
      bucket: undefined,
      deletionProtection: undefined,
      logRetentionDays: {},
      apiCertificates: {},
    });
  });
});
