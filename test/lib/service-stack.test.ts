/** Facts about the whole stack: who may do what, what each function is told, and that nothing is open, unlogged or in the clear. */
import { describe, expect, test } from '@jest/globals';
import type { Template } from 'aws-cdk-lib/assertions';
import { ENV } from '../../lambda/env.ts';
import { holdersOf, lines, type Right, rightsIn, wordOf } from './support/rights.ts';
import { templateOf } from './support/template-of.ts';

/** CDK's own helper for API calls at deploy time: it calls CloudWatch Logs in us-east-1, and runs at no other time. */
const DEPLOY_TIME = /^AWS679f53fac002430cb0da5b7982bd2287/;
/** What every function may: its own log, and traces, which have no resource. */
const EVERYBODYS = ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords'];

interface FunctionProperties {
  readonly Runtime: string;
  readonly Architectures: readonly string[];
  readonly TracingConfig: unknown;
  readonly LoggingConfig: { readonly LogGroup: { readonly Ref: string } };
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}

function functionsOf(template: Template): ReadonlyMap<string, FunctionProperties> {
  return new Map(
    Object.entries(template.findResources('AWS::Lambda::Function'))
      .filter(([id]) => !DEPLOY_TIME.test(id))
      .map(([id, { Properties }]) => [wordOf(id), Properties]),
  );
}

function own(rights: readonly Right[]): readonly Right[] {
  return rights.filter(({ who, action }) => !DEPLOY_TIME.test(who) && !EVERYBODYS.includes(action));
}

describe('who may do what', () => {
  const rights = own(rightsIn(templateOf()));
  const of = (who: string) =>
    lines(rights.filter((right) => right.who === who)).map((line) => line.slice(who.length + 2));

  test('publishing signs uploads, looks at what came, and writes packages', () => {
    expect(of('Publish')).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:DeleteItem on Catalog',
      'dynamodb:GetItem on Catalog',
      'dynamodb:PutItem on Catalog',
      'dynamodb:UpdateItem on Catalog',
      's3:AbortMultipartUpload on Packages/packages/*',
      's3:DeleteObject on Packages/packages/*',
      's3:DeleteObjectVersion on Packages/packages/*',
      's3:GetObject on Packages/packages/*',
      's3:GetObjectVersion on Packages/packages/*',
      's3:ListBucket on Packages',
      's3:ListMultipartUploadParts on Packages/packages/*',
      's3:PutObject on Packages/packages/*',
      'sqs:SendMessage on UpkeepVerification',
    ]);
  });

  test('downloading reads records and the key that signs links: it never touches the bucket', () => {
    expect(of('Download')).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:GetItem on Catalog',
      'secretsmanager:GetSecretValue on DownloadsKeysKeyring',
    ]);
  });

  test('downloading from the bucket itself signs gets and nothing else', () => {
    expect(lines(own(rightsIn(templateOf({ downloads: 's3' }))).filter(({ who }) => who === 'Download'))).toEqual([
      'Download: dynamodb:BatchGetItem on Catalog',
      'Download: dynamodb:GetItem on Catalog',
      'Download: s3:GetObject on Packages/packages/*',
    ]);
  });

  test('the catalog reads and lists', () => {
    expect(of('CatalogReader')).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:GetItem on Catalog',
      'dynamodb:Query on Catalog',
      'dynamodb:Query on Catalog/index/newest-versions',
      'secretsmanager:GetSecretValue on CursorKey',
    ]);
  });

  test('administration removes and recalls, but can not upload', () => {
    expect(of('Admin')).toEqual([
      'cloudfront:CreateInvalidation on arn:AWS::Partition:cloudfront::AWS::AccountId:distribution/DownloadsCdnDistribution',
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:DeleteItem on Catalog',
      'dynamodb:GetItem on Catalog',
      'dynamodb:PutItem on Catalog',
      'dynamodb:Query on Catalog',
      'dynamodb:Query on Catalog/index/newest-versions',
      'dynamodb:UpdateItem on Catalog',
      's3:DeleteObject on Packages/packages/*',
      's3:DeleteObjectTagging on Packages/packages/*',
      's3:DeleteObjectVersion on Packages/packages/*',
      's3:DeleteObjectVersionTagging on Packages/packages/*',
      's3:GetObject on Packages/packages/*',
      's3:GetObjectTagging on Packages/packages/*',
      's3:GetObjectVersion on Packages/packages/*',
      's3:GetObjectVersionTagging on Packages/packages/*',
      's3:ListBucket on Packages',
      's3:PutObjectTagging on Packages/packages/*',
      's3:PutObjectVersionTagging on Packages/packages/*',
      'secretsmanager:GetSecretValue on CursorKey',
    ]);
  });

  test.each([
    ['s3:PutObject', ['DownloadsRotationRotate', 'Publish', 'UpkeepSweep', 'UpkeepVerificationVerify']],
    ['s3:PutObjectTagging', ['Admin']],
    ['s3:DeleteObjectVersion', ['Admin', 'Publish', 'UpkeepObjectCreated', 'UpkeepSweep', 'UpkeepVerificationVerify']],
    ['s3:GetObject', ['Admin', 'Publish', 'UpkeepObjectCreated', 'UpkeepSweep', 'UpkeepVerificationVerify']],
    ['s3:ListBucketMultipartUploads', ['UpkeepSweep']],
    ['cloudfront:CreateInvalidation', ['Admin', 'UpkeepSweep']],
    ['secretsmanager:PutSecretValue', ['DownloadsKeysMaker', 'DownloadsRotationRotate']],
    ['sqs:ReceiveMessage', ['UpkeepVerificationVerify']],
  ])('%s: nobody but %j', (action, holders) => {
    expect(holdersOf(rights, action)).toEqual(holders);
  });

  test('the rotation of the keys can put its canary, and no package', () => {
    expect(of('DownloadsRotationRotate').filter((line) => line.startsWith('s3:'))).toEqual([
      's3:PutObject on Packages/canary/cdn-key.txt',
    ]);
  });

  test('no right is a wildcard, and only what has no resource is granted on all', () => {
    const all = rightsIn(templateOf()).filter(({ who }) => !DEPLOY_TIME.test(who));

    expect(all.filter(({ action }) => action.includes('*'))).toEqual([]);
    expect([...new Set(all.filter(({ on }) => on === '*').map(({ action }) => action.split(':')[0]))].sort()).toEqual([
      'cloudfront',
      'xray',
    ]);
  });

  test('every function has a role of its own, which nobody but Lambda may take', () => {
    const template = templateOf();
    const roles = Object.values(template.findResources('AWS::IAM::Role')).map(({ Properties }) => Properties);
    const taken = [...functionsOf(template).values()].map((fn) => JSON.stringify((fn as { Role?: unknown }).Role));

    expect(new Set(taken).size).toBe(taken.length);
    for (const { AssumeRolePolicyDocument } of roles) {
      expect(AssumeRolePolicyDocument.Statement).toEqual([
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
      ]);
    }
  });
});

describe('what a function is told', () => {
  /** A right and the variable without which it is of no use. */
  const PAIRS: readonly (readonly [right: RegExp, variable: string])[] = [
    [/^dynamodb:.* on Catalog/, ENV.tableName],
    [/^s3:.* on Packages/, ENV.s3Bucket],
    [/ on CursorKey$/, ENV.urlSigningKeySecret],
    [/ on DownloadsKeysKeyring$/, ENV.cdnKeyring],
    [/^sqs:SendMessage on UpkeepVerification$/, ENV.verificationQueueUrl],
    [/^cloudfront:CreateInvalidation /, ENV.cdnDistributionId],
  ];

  test.each(['cdn', 's3'] as const)('comes with its right, and its right with it (downloads by %s)', (downloads) => {
    const template = templateOf({ downloads });
    const rights = own(rightsIn(template));

    for (const [who, { Environment }] of functionsOf(template)) {
      const may = rights.filter((right) => right.who === who).map(({ action, on }) => `${action} on ${on}`);
      const needed = PAIRS.filter(([right]) => may.some((line) => right.test(line))).map(([, variable]) => variable);
      const told = PAIRS.map(([, variable]) => variable).filter((variable) => variable in Environment.Variables);

      expect({ who, told }).toEqual({ who, told: needed });
    }
  });

  test('is a name of the list that functions read', () => {
    const names: readonly string[] = Object.values(ENV);
    const told = [...functionsOf(templateOf()).values()].flatMap(({ Environment }) =>
      Object.keys(Environment.Variables),
    );

    expect(told.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('holds no secret, only where one lies', () => {
    const variables = [...functionsOf(templateOf()).values()].map(({ Environment }) => Environment.Variables);

    for (const name of [ENV.urlSigningKey, ENV.adminToken, ENV.s3SecretKey]) {
      expect(variables.filter((told) => name in told)).toEqual([]);
    }
    expect(JSON.stringify(templateOf().toJSON())).not.toContain('resolve:secretsmanager');
  });
});

describe('every function', () => {
  const template = templateOf({ logRetentionDays: 14 });

  test('runs on Node 24 and arm64, is traced, and logs into a group of its own that forgets', () => {
    const functions = [...functionsOf(template)];
    const groups = template.findResources('AWS::Logs::LogGroup');

    expect(functions.length).toBeGreaterThan(6);
    for (const [who, fn] of functions) {
      const group = groups[fn.LoggingConfig.LogGroup.Ref];
      expect({
        who,
        runtime: fn.Runtime,
        architectures: fn.Architectures,
        tracing: fn.TracingConfig,
        days: group?.['Properties'].RetentionInDays,
        log: wordOf(fn.LoggingConfig.LogGroup.Ref),
      }).toEqual({
        who,
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        tracing: { Mode: 'Active' },
        days: 14,
        log: who,
      });
    }
  });

  test('may write into its own log only', () => {
    const logging = rightsIn(template).filter(
      ({ who, action }) => action === 'logs:PutLogEvents' && !DEPLOY_TIME.test(who),
    );

    expect(logging.map(({ who, on }) => [who, on])).toEqual(logging.map(({ who }) => [who, who]));
    expect(logging).toHaveLength(functionsOf(template).size);
  });

  test('keeps concurrency for itself only where the stage says so', () => {
    expect(JSON.stringify(template.toJSON())).not.toContain('ReservedConcurrentExecutions');
    templateOf({ reservedConcurrency: { sweep: 1 } }).hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: 1,
      Timeout: 900,
    });
  });
});

describe('the stack', () => {
  test.each([
    ['AWS::S3::Bucket', 'BucketEncryption'],
    ['AWS::SQS::Queue', 'SqsManagedSseEnabled'],
  ])('encrypts every %s', (type, property) => {
    const resources = Object.values(templateOf().findResources(type));

    expect(resources.length).toBeGreaterThan(0);
    expect(resources.filter(({ Properties }) => !Properties[property])).toEqual([]);
  });

  test('opens no bucket and no queue to the public', () => {
    const template = templateOf();
    const statements = ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy'].flatMap((type) =>
      Object.values(template.findResources(type)).flatMap(({ Properties }) => Properties.PolicyDocument.Statement),
    );

    expect(statements.length).toBeGreaterThan(0);
    expect(
      statements.filter(({ Effect, Principal }) => Effect === 'Allow' && (Principal === '*' || Principal.AWS === '*')),
    ).toEqual([]);
    for (const { Properties } of Object.values(template.findResources('AWS::S3::Bucket'))) {
      expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    }
  });

  test('keeps what holds state, and says where it lies', () => {
    const template = templateOf();
    const kept = (type: string) =>
      Object.entries(template.findResources(type))
        .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
        .map(([id]) => wordOf(id));

    expect(kept('AWS::S3::Bucket').sort()).toEqual(['DownloadsCdnAccessLogs', 'Packages']);
    expect(kept('AWS::DynamoDB::Table')).toEqual(['Catalog']);
    expect(kept('AWS::SecretsManager::Secret')).toEqual(['DownloadsKeysKeyring']);
    expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
      'ApiUrl',
      'BucketName',
      'CdnDomain',
      'DistributionId',
      'KeyGroupId',
      'KeyringSecret',
      'Region',
      'RotateFunction',
      'TableName',
    ]);
  });
});
