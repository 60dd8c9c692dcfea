/** The bucket of packages: private, never overwritten, closed to what was yanked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { YANK_TAG } from '../../../core/layout.ts';
import { PackageBucket } from '../../../lib/state/package-bucket.ts';
import { holdersOf, nameOf, rightsIn } from '../support/rights.ts';
import { templateOf } from '../support/templates.ts';
import { synthesised } from '../support/with-stage.ts';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: unknown;
  readonly Principal: unknown;
  readonly Resource: unknown;
  readonly Condition: Record<string, Record<string, unknown>>;
}

/** What a test looks at. */
interface Properties {
  readonly BucketName?: unknown;
  readonly NotificationConfiguration?: unknown;
  readonly CorsConfiguration?: unknown;
  readonly LifecycleConfiguration: { readonly Rules: readonly unknown[] };
  readonly BucketEncryption: { readonly ServerSideEncryptionConfiguration: unknown };
}

function bucketOf(template: Template): { readonly id: string; readonly Properties: Properties } {
  const [bucket] = Object.entries(template.findResources('AWS::S3::Bucket')).filter(([id]) =>
    id.startsWith('Packages'),
  );
  if (bucket === undefined) throw new Error('the template has no bucket of packages');
  const [id, resource] = bucket;
  return { id, Properties: resource['Properties'], ...resource };
}

function policyOf(template: Template): readonly Statement[] {
  const policies = Object.values(template.findResources('AWS::S3::BucketPolicy'));
  const own = policies.find((policy) => policy['Properties'].Bucket.Ref === bucketOf(template).id);
  return own?.['Properties'].PolicyDocument.Statement;
}

function refusal(template: Template, sid: string): Statement | undefined {
  return policyOf(template).find(({ Sid }) => Sid === sid);
}

describe('the bucket of packages', () => {
  const template = templateOf();
  const { Properties: properties, ...bucket } = bucketOf(template);

  test('is private, versioned and encrypted, and belongs to its owner', () => {
    expect(properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
    });
  });

  test('outlives its stack unless the stage says otherwise', () => {
    expect(bucket).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(bucketOf(templateOf({ retainState: false }))).toMatchObject({
      DeletionPolicy: 'Delete',
    });
  });

  test('has no name of its own: a second stage would collide with it', () => {
    expect(properties.BucketName).toBeUndefined();
  });

  test('sends its events to EventBridge, without a function that sets this up', () => {
    expect(properties.NotificationConfiguration).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
    template.resourceCountIs('Custom::S3BucketNotifications', 0);
  });

  test('aborts uploads a day after the sweep should have, and forgets old versions', () => {
    const rulesOf = (input: object) =>
      bucketOf(templateOf(input)).Properties.LifecycleConfiguration.Rules;

    expect(rulesOf({})).toEqual([
      {
        Id: 'abort-stale-uploads',
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 8 },
      },
      {
        Id: 'expire-old-versions',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        ExpiredObjectDeleteMarker: true,
      },
    ]);
    expect(rulesOf({ uploadRetentionSeconds: 86_401 })[0]).toMatchObject({
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
    });
  });

  test('lets the browsers of the stage upload, and no others', () => {
    const corsOf = (corsOrigins: readonly string[]) =>
      bucketOf(templateOf({ corsOrigins, console: false })).Properties.CorsConfiguration;

    expect(corsOf([])).toBeUndefined();
    expect(corsOf(['https://example.com'])).toMatchObject({
      CorsRules: [
        { AllowedOrigins: ['https://example.com'], AllowedMethods: ['PUT', 'GET', 'HEAD'] },
      ],
    });
  });
});

describe('the policy of the bucket', () => {
  const template = templateOf();

  test('allows the distribution only, and only to read', () => {
    const allowed = policyOf(template).filter(({ Effect }) => Effect === 'Allow');

    expect(
      allowed.map(({ Action, Principal, Resource }) => [Action, Principal, nameOf(Resource)]),
    ).toEqual([['s3:GetObject', { Service: 'cloudfront.amazonaws.com' }, 'Packages/*']]);
    expect(JSON.stringify(allowed[0]?.Condition)).toContain(':distribution/');
  });

  test('allows no principal where links point to the bucket', () => {
    expect(
      policyOf(templateOf({ downloads: 's3' })).filter(({ Effect }) => Effect === 'Allow'),
    ).toEqual([]);
  });

  test('refuses whatever does not come by TLS', () => {
    expect(policyOf(template)).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  test('refuses everybody a write that could overwrite, and spares the parts of an upload', () => {
    const statement = refusal(template, 'RefuseOverwriting');

    expect(statement).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Condition: {
        Null: { 's3:if-none-match': 'true' },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    });
    expect(nameOf(statement?.Resource)).toBe('Packages/packages/*');
  });

  test('refuses nothing that docs/operations.md does not explain by its name', () => {
    const page = readFileSync(
      join(import.meta.dirname, '..', '..', '..', 'docs', 'operations.md'),
      'utf8',
    );
    const names = policyOf(template).flatMap(({ Effect, Sid }) =>
      Effect === 'Deny' && Sid !== undefined ? [Sid] : [],
    );

    expect(names).toEqual(['RefuseOverwriting', 'RefuseYanked']);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('refuses to read what was yanked, but to those who remove it', () => {
    const { Condition: condition, ...statement } = refusal(template, 'RefuseYanked') ?? {};

    expect(statement).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
    });
    expect(condition?.['StringEquals']).toEqual({
      [`s3:ExistingObjectTag/${YANK_TAG.key}`]: YANK_TAG.value,
    });
    expect([condition?.['ArnNotEquals']?.['aws:PrincipalArn']].flat().map(nameOf).sort()).toEqual([
      'AdminRole',
      'UpkeepSweepRole',
    ]);
  });

  test('refuses reads of yanked files to every role where no role removes them', () => {
    const template = synthesised((app) => {
      const stack = new Stack(app, 'Alone');
      new PackageBucket(stack, 'Packages');
      return stack;
    });

    expect(refusal(template, 'RefuseYanked')?.Condition).toEqual({
      StringEquals: { [`s3:ExistingObjectTag/${YANK_TAG.key}`]: YANK_TAG.value },
    });
  });
});

describe('a key of the caller', () => {
  const arn = 'arn:aws:kms:eu-central-1:123456789012:key/12345678-1234-1234-1234-123456789012';
  const template = templateOf({ bucketKeyArn: arn, downloads: 's3' });

  test('encrypts the packages', () => {
    expect(
      bucketOf(template).Properties.BucketEncryption.ServerSideEncryptionConfiguration,
    ).toEqual([
      {
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn },
      },
    ]);
  });

  test('is lent to those who read and write packages, and to no others', () => {
    const rights = rightsIn(template).filter(({ action }) => action.startsWith('kms:'));

    expect([...new Set(rights.map(({ on }) => on))]).toEqual([arn]);
    expect(holdersOf(rights, 'kms:GenerateDataKey')).toEqual(
      holdersOf(rightsIn(template), 's3:PutObject'),
    );
    expect(holdersOf(rights, 'kms:Decrypt')).toEqual(holdersOf(rightsIn(template), 's3:GetObject'));
  });
});
