/** A Stowage in an app of somebody else: what it takes, refuses and offers. */
import { describe, expect, test } from '@jest/globals';
import { type App, type CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AttributeType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TABLE } from '../../core/layout.ts';
import { StowageReplica } from '../../lib/replica/stowage-replica.ts';
import { Stowage } from '../../lib/stowage.ts';
import type { StowageProps } from '../../lib/stowage-props.ts';
import { FULL } from './support/every-stage.ts';
import { ownRightsIn } from './support/functions.ts';
import { templatesOf } from './support/templates.ts';
import { withApp } from './support/with-stage.ts';

const ACCOUNT = '123456789012';
const ZONE = { hostedZoneId: 'Z1', zoneName: 'example.com' };

function stackIn(app: App, region = 'eu-central-1', id = 'Mine'): Stack {
  return new Stack(app, id, { env: { account: ACCOUNT, region } });
}

/** The template of a stack with one Stowage, whose properties `propsOf` makes in that stack. */
function templateOf(propsOf: (stack: Stack) => StowageProps, region?: string): Template {
  return withApp((app) => {
    const stack = stackIn(app, region);
    new Stowage(stack, 'Packages', propsOf(stack));
    return Template.fromStack(stack);
  });
}

function faultOf(propsOf: (stack: Stack) => StowageProps, region?: string): string {
  try {
    templateOf(propsOf, region);
  } catch (error) {
    return String(error);
  }
  return 'no fault';
}

/** A table as the catalog needs it. */
function ownTable(stack: Stack): TableV2 {
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  return new TableV2(stack, 'Records', {
    partitionKey: text(TABLE.key.partition),
    sortKey: text(TABLE.key.sort),
    globalSecondaryIndexes: Object.values(TABLE.index).map(({ name, partition, sort }) => ({
      indexName: name,
      partitionKey: text(partition),
      sortKey: text(sort),
    })),
  });
}

function ownBucket(stack: Stack, versioned = true): Bucket {
  const blockPublicAccess = BlockPublicAccess.BLOCK_ALL;
  return new Bucket(stack, 'Files', { versioned, blockPublicAccess });
}

describe('a Stowage without properties', () => {
  const template = templateOf(() => ({}));

  test('outputs what --stack reads, under its own id', () => {
    expect(Object.keys(template.findOutputs('*'))).toEqual(
      expect.arrayContaining(['PackagesApiUrl', 'PackagesTableName', 'PackagesRegion']),
    );
  });

  test('counts its metrics apart from another one in the same stack', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ METRICS_SERVICE: 'Mine/Packages' }) },
    });
  });

  test('has room for a second one beside it', () => {
    const both = withApp((app) => {
      const stack = stackIn(app);
      new Stowage(stack, 'Packages');
      new Stowage(stack, 'Betas');
      return Template.fromStack(stack);
    });

    both.resourceCountIs('AWS::CloudFront::Distribution', 2);
    expect(Object.keys(both.findOutputs('*'))).toEqual(
      expect.arrayContaining(['PackagesApiUrl', 'BetasApiUrl']),
    );
  });
});

test('an app that began with cdk deploy gets the same resources from a Stowage called Default', () => {
  const certificate = (stack: Stack, id: string, arn = '') =>
    Certificate.fromCertificateArn(stack, id, arn);
  const { input } = FULL;
  const mine = withApp((app) => {
    const far = stackIn(app, 'eu-west-1', 'Stowage-full-replica');
    const stack = stackIn(app, 'eu-central-1', 'Stowage-full');
    new Stowage(stack, 'Default', {
      replica: new StowageReplica(far, 'Default'),
      apiDomain: {
        name: 'packages.example.com',
        certificate: certificate(stack, 'A', input.apiCertificateArn),
      },
      cdnDomain: {
        name: 'dl.example.com',
        certificate: certificate(stack, 'C', input.cdnCertificateArn),
      },
      corsOrigins: ['https://app.example.com'],
      alarmEmail: 'ops@example.com',
      deletionProtection: true,
      reservedConcurrency: { verify: 5 },
      events: true,
    });
    return { service: Template.fromStack(stack).toJSON(), far: Template.fromStack(far).toJSON() };
  });
  const app = templatesOf(FULL);

  expect(mine.service['Resources']).toEqual(app.service.toJSON()['Resources']);
  expect(mine.far['Resources']).toEqual(app.replica?.toJSON()['Resources']);
});

describe('what is wrong with the properties', () => {
  test('is listed at once, in the words of the settings of a stage', () => {
    const fault = faultOf(() => ({ linkTtlSeconds: 0, downloads: 'ftp' as 's3' }));

    expect(fault).toContain('the properties of Mine/Packages are wrong:\n');
    expect(fault).toContain('linkTtlSeconds: got 0, allowed: a whole number from 1 to 604800');
    expect(fault).toContain('downloads: got "ftp", allowed: cdn, s3');
  });

  test.each(['name', 'region', 'cdnCertificateArn'])('%s is no property', (name) => {
    expect(faultOf(() => ({ [name]: 'x' }))).toContain(`${name}: no such property`);
  });

  test('a certificate of the CDN is made in us-east-1 only', () => {
    const props = (stack: Stack): StowageProps => ({
      cdnDomain: {
        name: 'dl.example.com',
        hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', ZONE),
      },
    });

    expect(faultOf(props)).toContain(
      'cdnDomain.certificate: got nothing, allowed: a certificate in us-east-1',
    );
    expect(faultOf(props, 'us-east-1')).toBe('no fault');
  });

  test('a certificate must be where the API and the CDN look for it', () => {
    const domain = (stack: Stack) => ({
      name: 'x.example.com',
      certificate: Certificate.fromCertificateArn(
        stack,
        'Elsewhere',
        `arn:aws:acm:eu-west-3:${ACCOUNT}:certificate/1`,
      ),
    });

    expect(faultOf((stack) => ({ apiDomain: domain(stack) }))).toContain(
      'apiDomain.certificate: got "arn:aws:acm:eu-west-3',
    );
    expect(faultOf((stack) => ({ cdnDomain: domain(stack) }))).toContain(
      'allowed: one in us-east-1',
    );
  });

  test('a domain needs a certificate or a zone, and a host that can be one', () => {
    expect(faultOf(() => ({ apiDomain: { name: 'packages.example.com' } }))).toContain(
      'apiDomain.certificate: got nothing, allowed: a certificate, or a hostedZone to make one in',
    );
    expect(faultOf(() => ({ apiDomain: { name: 'nope' } }))).toContain(
      'apiDomain.name: got "nope", allowed: a host such as packages.example.com',
    );
  });
});

test('a hosted zone gets the records, and its stack the certificate of the API', () => {
  const template = templateOf((stack) => {
    const hostedZone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', ZONE);
    return {
      apiDomain: { name: 'packages.example.com', hostedZone },
      cdnDomain: { name: 'dl.example.com', hostedZone },
    };
  }, 'us-east-1');
  const records = Object.values(template.findResources('AWS::Route53::RecordSet'));

  expect(records.map(({ Properties }) => [Properties.Name, Properties.Type]).sort()).toEqual([
    ['dl.example.com.', 'A'],
    ['dl.example.com.', 'AAAA'],
    ['packages.example.com.', 'A'],
  ]);
  template.resourceCountIs('AWS::CertificateManager::Certificate', 2);
});

describe('a bucket, a table and a key of ones own', () => {
  test('that the stack makes are used, and none beside them', () => {
    const template = templateOf((stack) => ({
      downloads: 's3',
      bucket: ownBucket(stack),
      table: ownTable(stack),
    }));

    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
    template.hasResourceProperties('AWS::S3::Bucket', {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Sid: 'RefuseOverwriting' })]),
      },
    });
  });

  test('that are left behind are adopted by their names, and get the policy that they need', () => {
    const template = templateOf((stack) => ({
      bucket: Bucket.fromBucketName(stack, 'Left', 'left-behind'),
      table: Table.fromTableName(stack, 'Records', 'left-records'),
      encryptionKey: Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1-2`),
    }));
    const sids = template.findResources('AWS::S3::BucketPolicy', {
      Properties: { Bucket: 'left-behind' },
    });

    template.resourceCountIs('AWS::DynamoDB::Table', 0);
    expect(JSON.stringify(sids)).toMatch(/RefuseOverwriting.*RefuseYanked/);
    expect(JSON.stringify(sids)).toContain('aws:SecureTransport');
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ TABLE_NAME: 'left-records', S3_BUCKET: 'left-behind' }),
      },
    });
    expect(JSON.stringify(template.toJSON())).toContain('kms:GenerateDataKey');
  });

  test('that lack what the service relies on stop the synth', () => {
    const plain = (stack: Stack) =>
      new Table(stack, 'Plain', { partitionKey: { name: 'id', type: AttributeType.STRING } });

    expect(faultOf((stack) => ({ bucket: ownBucket(stack, false) }))).toContain(
      'bucket: keeps no versions, allowed: one with `versioned: true`',
    );
    expect(faultOf((stack) => ({ table: plain(stack) }))).toMatch(
      /table: has the key id and undefined, allowed: pk and sk.*table: has no index newest-versions/s,
    );
  });

  test('leave no room for what would be a rule of the bucket', () => {
    const replica = { bucketName: 'copies', region: 'eu-west-1' };
    const fault = faultOf((stack) => ({ bucket: ownBucket(stack), replica, oldVersionDays: 3 }));

    expect(fault).toContain('replica: nothing is allowed where bucket is set');
    expect(fault).toContain('oldVersionDays: nothing is allowed where bucket is set');
  });

  test('with a key that is made in the app rule a replica out, as with a known one', () => {
    const replica = { bucketName: 'copies', region: 'eu-west-1' };

    expect(faultOf((stack) => ({ encryptionKey: new Key(stack, 'Key'), replica }))).toContain(
      'replica: nothing is allowed where encryptionKey is set',
    );
  });
});

test('a topic of ones own gets the alarms, and no other is made', () => {
  const template = templateOf((stack) => ({ alarmTopic: new Topic(stack, 'Ops') }));
  const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));

  template.resourceCountIs('AWS::SNS::Topic', 1);
  template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref: topic }] });
});

describe('what it offers to the app around it', () => {
  function withStowage<Result>(look: (stowage: Stowage, stack: Stack) => Result): Result {
    return withApp((app) => {
      const stack = stackIn(app);
      return look(new Stowage(stack, 'Packages'), stack);
    });
  }

  test('grantRead opens the files and nothing else', () => {
    const [before, after] = [false, true].map((granted) =>
      withStowage((stowage, stack) => {
        const role = new Role(stack, 'ScannerRole', {
          assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
        });
        if (granted) stowage.grantRead(role);
        return ownRightsIn(Template.fromStack(stack)).filter(({ who }) => who === 'Scanner');
      }),
    );

    expect(before).toEqual([]);
    expect(after?.map(({ action, on }) => `${action} on ${on}`)).toEqual([
      's3:GetObject on Packages/packages/*',
      's3:ListBucket on Packages',
    ]);
  });

  test('grantCreateTokens opens tokens and events of the audit to write them, and of the ids the key', () => {
    const rights = withStowage((stowage, stack) => {
      const role = new Role(stack, 'OperatorRole', {
        assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      });
      stowage.grantCreateTokens(role);
      return ownRightsIn(Template.fromStack(stack)).filter(({ who }) => who === 'Operator');
    });

    expect(rights).toMatchObject([
      {
        action: 'dynamodb:PutItem',
        condition: {
          'ForAllValues:StringLike': {
            'dynamodb:LeadingKeys': [
              TABLE.partition.tokens,
              TABLE.partition.tokenIds,
              TABLE.partition.audit,
            ],
          },
        },
      },
      {
        action: 'dynamodb:GetItem',
        condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [TABLE.partition.tokenIds] },
        },
      },
    ]);
  });

  test('its metrics are those that its functions write', () => {
    const { dimensions, statistic, metricName } = withStowage((stowage) =>
      stowage.metricUploads({ statistic: 'Maximum' }),
    );

    expect({ dimensions, statistic, metricName }).toEqual({
      dimensions: { service: 'Mine/Packages' },
      statistic: 'Maximum',
      metricName: 'UploadsPublished',
    });
  });

  test('a resource below it can be changed', () => {
    const template = withStowage((stowage, stack) => {
      const table = stowage.table.node.defaultChild as CfnResource;
      table.applyRemovalPolicy(RemovalPolicy.DESTROY);
      return Template.fromStack(stack);
    });

    expect(
      Object.values({
        ...template.findResources('AWS::DynamoDB::Table'),
        ...template.findResources('AWS::DynamoDB::GlobalTable'),
      }).map(({ DeletionPolicy }) => DeletionPolicy),
    ).toEqual(['Delete']);
  });
});
