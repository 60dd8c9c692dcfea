/** Facts about the whole stack: nothing is open, unlogged or in the clear, and state outlives it. */
import { describe, expect, test } from '@jest/globals';
import { functionsOf, serviceRightsIn } from './support/functions.ts';
import { wordOf } from './support/rights.ts';
import { templateOf } from './support/templates.ts';

describe('every function', () => {
  const template = templateOf({ logRetentionDays: 14 });

  test('runs on Node 24 and arm64, and logs into a group of its own that forgets', () => {
    const functions = [...functionsOf(template)];
    const groups = template.findResources('AWS::Logs::LogGroup');

    expect(functions.length).toBeGreaterThan(6);
    for (const [who, fn] of functions) {
      const group = groups[fn.LoggingConfig.LogGroup.Ref];
      expect({
        who,
        runtime: fn.Runtime,
        architectures: fn.Architectures,
        days: group?.['Properties'].RetentionInDays,
        log: wordOf(fn.LoggingConfig.LogGroup.Ref),
      }).toEqual({
        who,
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        days: 14,
        log: who,
      });
    }
  });

  test.each([
    [{}, ['Download']],
    [{ tracing: 'all' }, []],
    [{ downloads: 's3' }, ['Download']],
  ] as const)(
    'is traced, except where each request would cost: with %j not %j',
    (input, untraced) => {
      const functions = [...functionsOf(templateOf(input))];

      expect(
        functions.filter(([, fn]) => fn.TracingConfig === undefined).map(([who]) => who),
      ).toEqual(untraced);
    },
  );

  test('is traced nowhere where the stage says so', () => {
    const functions = [...functionsOf(templateOf({ tracing: 'none' })).values()];

    expect(functions.filter((fn) => fn.TracingConfig !== undefined)).toEqual([]);
  });

  test.each([
    ['info', 'WARN'],
    ['debug', 'INFO'],
  ] as const)(
    'at level %s has lines of Lambda itself, about each start and end, from %s on',
    (logLevel, level) => {
      for (const { LoggingConfig } of functionsOf(templateOf({ logLevel })).values())
        expect(LoggingConfig).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: level });
    },
  );

  test('may write into its own log only', () => {
    const logging = serviceRightsIn(template).filter(
      ({ action }) => action === 'logs:PutLogEvents',
    );

    expect(logging.map(({ who, on }) => [who, on])).toEqual(logging.map(({ who }) => [who, who]));
    expect(logging).toHaveLength(functionsOf(template).size);
  });

  test('keeps concurrency for itself only where the stage says so', () => {
    expect(JSON.stringify(template.toJSON())).not.toContain('ReservedConcurrentExecutions');
    templateOf({ reservedConcurrency: { sweep: 1 } }).hasResourceProperties(
      'AWS::Lambda::Function',
      {
        ReservedConcurrentExecutions: 1,
        Timeout: 900,
      },
    );
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
      Object.values(template.findResources(type)).flatMap(
        ({ Properties }) => Properties.PolicyDocument.Statement,
      ),
    );

    expect(statements.length).toBeGreaterThan(0);
    expect(
      statements.filter(
        ({ Effect, Principal }) =>
          Effect === 'Allow' && (Principal === '*' || Principal.AWS === '*'),
      ),
    ).toEqual([]);
    for (const { Properties } of Object.values(template.findResources('AWS::S3::Bucket'))) {
      expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });

  test('keeps a protected table even after a failed first deployment: it could not be deleted', () => {
    const template = templateOf({ deletionProtection: true });

    template.hasResource('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Retain' });
  });

  test('keeps state, except after a failed first deployment, and outputs where it is', () => {
    const template = templateOf();
    const kept = (type: string) =>
      Object.entries(template.findResources(type))
        .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'RetainExceptOnCreate')
        .map(([id]) => wordOf(id));

    expect(kept('AWS::S3::Bucket').sort()).toEqual(['DownloadsCdnAccessLogs', 'Packages']);
    expect(kept('AWS::DynamoDB::GlobalTable')).toEqual(['Catalog']);
    expect(kept('AWS::SecretsManager::Secret')).toEqual(['DownloadsKeysKeyring']);
    expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
      'ApiUrl',
      'BucketName',
      'CdnDomain',
      'ConsoleUrl',
      'DistributionId',
      'KeyGroupId',
      'KeyringSecret',
      'Region',
      'RotateFunction',
      'TableName',
    ]);
  });
});
