/** Every right of every function: adding or removing one fails a test here. */
import { describe, expect, test } from '@jest/globals';
import { functionsOf, ownRightsIn, serviceRightsIn } from './support/functions.ts';
import { holdersOf, lines } from './support/rights.ts';
import { templateOf } from './support/templates.ts';

describe('who may do what', () => {
  const rights = ownRightsIn(templateOf());
  const of = (who: string) =>
    lines(rights.filter((right) => right.who === who)).map((line) => line.slice(who.length + 2));

  test('publishing signs uploads, looks at what came, and writes packages', () => {
    expect(of('Publish')).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:DeleteItem on Catalog',
      'dynamodb:GetItem on Catalog',
      // Of its own kinds of records, and of events of the audit.
      'dynamodb:PutItem on Catalog',
      'dynamodb:PutItem on Catalog',
      'dynamodb:Query on Catalog',
      'dynamodb:Query on Catalog/index/newest-versions',
      'dynamodb:Query on Catalog/index/unfinished',
      'dynamodb:UpdateItem on Catalog',
      's3:AbortMultipartUpload on Packages/packages/*',
      's3:DeleteObject on Packages/packages/*',
      's3:DeleteObjectVersion on Packages/packages/*',
      's3:GetObject on Packages/packages/*',
      's3:GetObjectVersion on Packages/packages/*',
      's3:ListBucket on Packages',
      's3:ListMultipartUploadParts on Packages/packages/*',
      's3:PutObject on Packages/packages/*',
      'secretsmanager:GetSecretValue on CursorKey',
      'sqs:SendMessage on UpkeepVerification',
    ]);
  });

  test('downloading reads records and the key that signs links, and counts downloads: it never touches the bucket', () => {
    expect(of('Download')).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:GetItem on Catalog',
      'dynamodb:Query on Catalog',
      'dynamodb:UpdateItem on Catalog',
      'secretsmanager:GetSecretValue on DownloadsKeysKeyring',
    ]);
  });

  test('downloading from the bucket itself signs gets and nothing else', () => {
    expect(
      lines(ownRightsIn(templateOf({ downloads: 's3' })).filter(({ who }) => who === 'Download')),
    ).toEqual([
      'Download: dynamodb:BatchGetItem on Catalog',
      'Download: dynamodb:GetItem on Catalog',
      'Download: dynamodb:Query on Catalog',
      'Download: dynamodb:UpdateItem on Catalog',
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

  test('releasing checks versions, moves channels, seals versions and gives up uploads for that, but can not upload', () => {
    expect(of('Release')).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:DeleteItem on Catalog',
      'dynamodb:GetItem on Catalog',
      // Of its own kinds of records, and of events of the audit.
      'dynamodb:PutItem on Catalog',
      'dynamodb:PutItem on Catalog',
      'dynamodb:Query on Catalog',
      'dynamodb:Query on Catalog/index/newest-versions',
      'dynamodb:UpdateItem on Catalog',
      's3:AbortMultipartUpload on Packages/packages/*',
      's3:DeleteObject on Packages/packages/*',
      's3:DeleteObjectVersion on Packages/packages/*',
      's3:GetObject on Packages/packages/*',
      's3:GetObjectVersion on Packages/packages/*',
      's3:ListBucket on Packages',
      's3:ListMultipartUploadParts on Packages/packages/*',
      'secretsmanager:GetSecretValue on CursorKey',
      'sqs:SendMessage on UpkeepVerification',
    ]);
  });

  test('exchanging reads rules and makes tokens: it never touches the bucket', () => {
    expect(of('Exchange')).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:DeleteItem on Catalog',
      'dynamodb:GetItem on Catalog',
      'dynamodb:PutItem on Catalog',
      'dynamodb:Query on Catalog',
      'dynamodb:UpdateItem on Catalog',
    ]);
  });

  test('administration removes and recalls, but can not upload', () => {
    expect(of('Admin')).toEqual([
      'cloudfront:CreateInvalidation on arn:AWS::Partition:cloudfront::AWS::AccountId:distribution/DownloadsCdnDistribution',
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:DeleteItem on Catalog',
      'dynamodb:GetItem on Catalog',
      // Of its own kinds of records, and of events of the audit.
      'dynamodb:PutItem on Catalog',
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
    [
      's3:PutObject',
      ['ConsolePlace', 'DownloadsRotationRotate', 'Publish', 'UpkeepVerificationVerify'],
    ],
    ['s3:AbortMultipartUpload', ['Publish', 'Release', 'UpkeepSweep', 'UpkeepVerificationVerify']],
    ['s3:PutObjectTagging', ['Admin']],
    [
      's3:DeleteObjectVersion',
      [
        'Admin',
        'Publish',
        'Release',
        'UpkeepObjectCreated',
        'UpkeepSweep',
        'UpkeepVerificationVerify',
      ],
    ],
    [
      's3:GetObject',
      [
        'Admin',
        'Publish',
        'Release',
        'UpkeepObjectCreated',
        'UpkeepSweep',
        'UpkeepVerificationVerify',
      ],
    ],
    ['s3:ListBucketMultipartUploads', ['UpkeepSweep']],
    ['cloudfront:CreateInvalidation', ['Admin', 'UpkeepSweep']],
    ['secretsmanager:PutSecretValue', ['DownloadsKeysMaker', 'DownloadsRotationRotate']],
    ['sqs:ReceiveMessage', ['UpkeepVerificationVerify']],
  ])('%s: only %j', (action, holders) => {
    expect(holdersOf(rights, action)).toEqual(holders);
  });

  test('the rotation of the keys can put its canary, and no package', () => {
    expect(of('DownloadsRotationRotate').filter((line) => line.startsWith('s3:'))).toEqual([
      's3:PutObject on Packages/canary/cdn-key.txt',
    ]);
  });

  test('what deploys the console puts its files, and no package', () => {
    expect(of('ConsolePlace')).toEqual(['s3:PutObject on Packages/console/*']);
  });

  test('the rotation of the keys changes the group that there is; groups are made and removed by deployments', () => {
    const inCloudFront = of('DownloadsRotationRotate').filter((line) =>
      line.startsWith('cloudfront:'),
    );

    expect(inCloudFront).toEqual([
      'cloudfront:CreatePublicKey on *',
      'cloudfront:DeletePublicKey on *',
      'cloudfront:GetKeyGroup on *',
      'cloudfront:GetPublicKey on *',
      'cloudfront:ListPublicKeys on *',
      'cloudfront:UpdateKeyGroup on *',
    ]);
    expect(holdersOf(rights, 'cloudfront:DeleteKeyGroup')).toEqual(['DownloadsKeysMaker']);
  });

  test('no right is a wildcard, and only what has no resource is granted on all', () => {
    const all = serviceRightsIn(templateOf());

    expect(all.filter(({ action }) => action.includes('*'))).toEqual([]);
    expect(
      [
        ...new Set(all.filter(({ on }) => on === '*').map(({ action }) => action.split(':')[0])),
      ].sort(),
    ).toEqual(['cloudfront', 'xray']);
  });

  test('every function has its own role, which only Lambda may assume', () => {
    const template = templateOf();
    const roles = Object.values(template.findResources('AWS::IAM::Role')).map(
      ({ Properties }) => Properties,
    );
    const taken = [...functionsOf(template).values()].map((fn) => JSON.stringify(fn.Role));

    expect(new Set(taken).size).toBe(taken.length);
    for (const { AssumeRolePolicyDocument } of roles) {
      expect(AssumeRolePolicyDocument.Statement).toEqual([
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'lambda.amazonaws.com' },
        },
      ]);
    }
  });
});
