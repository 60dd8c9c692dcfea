/** A stage with a second region: what is copied, what is removed there too, and who reads it. */
import { describe, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { FULL, LEAN } from '../support/every-stage.ts';
import { templatesOf } from '../support/templates.ts';

const { service, replica } = templatesOf(FULL);

const [replicaBucket] = Object.values(replica?.findResources('AWS::S3::Bucket') ?? {});
const NAME: string = replicaBucket?.['Properties'].BucketName;

const ACCOUNT = '123456789012';
const IN_THIS_ACCOUNT = { StringEquals: { 'aws:ResourceAccount': ACCOUNT } };

interface Rule {
  readonly Destination: { readonly Account?: unknown; readonly StorageClass?: unknown };
}

interface Statement {
  readonly Effect: string;
  readonly Action: unknown;
  readonly Condition?: unknown;
}

function statements(template: Template | undefined) {
  return Object.values(template?.findResources('AWS::S3::BucketPolicy') ?? {}).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
}

describe('the replica', () => {
  test('is a bucket as private as the first, with versions, whose name is known beforehand', () => {
    expect(NAME).toMatch(/^stowage-full-replica/);
    replica?.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  test('is read by distributions of this account only', () => {
    const allowed = statements(replica).filter(({ Effect }) => Effect === 'Allow');

    expect(allowed).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 's3:GetObject',
        Resource: expect.anything(),
        // The one key that CloudFront is documented to send; it names the account.
        Condition: { ArnLike: { 'aws:SourceArn': expect.anything() } },
      },
    ]);
  });

  test('sends no events: nothing listens there, and each would be billed', () => {
    expect(replicaBucket?.['Properties'].NotificationConfiguration).toBeUndefined();
  });

  test('refuses what was yanked, as the first does: S3 copies tags', () => {
    expect(statements(replica).filter(({ Sid }) => Sid === 'RefuseYanked')).toHaveLength(1);
  });
});

describe('the first bucket', () => {
  test('is copied to it, with its delete markers', () => {
    service.hasResourceProperties('AWS::S3::Bucket', {
      ReplicationConfiguration: {
        Rules: [
          Match.objectLike({
            Status: 'Enabled',
            DeleteMarkerReplication: { Status: 'Enabled' },
            Destination: Match.objectLike({ Bucket: Match.anyValue() }),
          }),
        ],
      },
    });
  });

  test('is copied into the class for what is seldom read, or into that of the stage', () => {
    const classOf = (input: object) =>
      Object.values(
        templatesOf({ ...FULL, input: { ...FULL.input, ...input } }).service.findResources(
          'AWS::S3::Bucket',
        ),
      ).flatMap(
        ({ Properties }) =>
          Properties.ReplicationConfiguration?.Rules.map(
            ({ Destination }: Rule) => Destination.StorageClass,
          ) ?? [],
      );

    expect(classOf({})).toEqual(['STANDARD_IA']);
    expect(classOf({ replicaStorageClass: 'GLACIER_IR' })).toEqual(['GLACIER_IR']);
  });

  test('has the versions that are removed from it removed there: at once, and again for a copy that was on its way', () => {
    const [rule] = Object.values(service.findResources('AWS::Events::Rule')).filter(
      ({ Properties }) => JSON.stringify(Properties).includes('Permanently Deleted'),
    );

    expect(rule?.['Properties'].EventPattern.detail['deletion-type']).toEqual([
      'Permanently Deleted',
    ]);
    expect(rule?.['Properties'].Targets).toHaveLength(2);
    service.hasResourceProperties('AWS::SQS::Queue', { DelaySeconds: 900 });
  });

  test('gives the function that removes copies their bucket, and no other right', () => {
    service.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ REPLICA_BUCKET: NAME, REPLICA_REGION: 'eu-west-1' }),
      },
    });
    const [policy] = Object.entries(service.findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.includes('CarryRole'),
    );
    const s3 = policy?.[1]['Properties'].PolicyDocument.Statement.filter(
      ({ Action }: { Action: unknown }) => JSON.stringify(Action).includes('s3:'),
    );
    expect(s3).toEqual([
      {
        Effect: 'Allow',
        Action: 's3:DeleteObjectVersion',
        Resource: expect.anything(),
        Condition: IN_THIS_ACCOUNT,
      },
    ]);
  });

  test('copies to a bucket of this account alone: the name of the replica can be foretold, and a deleted one taken by anybody', () => {
    const [bucket] = Object.values(service.findResources('AWS::S3::Bucket')).flatMap(
      ({ Properties }) => Properties.ReplicationConfiguration ?? [],
    );
    expect(bucket.Rules.map(({ Destination }: Rule) => Destination.Account)).toEqual([ACCOUNT]);

    const [copying] = Object.entries(service.findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.includes('ReplicationRole'),
    );
    const statements: readonly Statement[] = copying?.[1]['Properties'].PolicyDocument.Statement;
    expect(statements.filter(({ Effect }) => Effect === 'Deny')).toEqual([
      {
        Effect: 'Deny',
        Action: 's3:*',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:ResourceAccount': ACCOUNT } },
      },
    ]);
  });
});

test('a stage without a second region has neither', () => {
  const { service: template, replica: none } = templatesOf(LEAN);

  expect(none).toBeUndefined();
  expect(JSON.stringify(template.toJSON())).not.toContain('ReplicationConfiguration');
});
