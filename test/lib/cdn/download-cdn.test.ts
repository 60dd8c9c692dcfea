/** The CDN in the template: signed links only, unchanged bytes, no signature in a log. */
import { describe, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DownloadCdn, type DownloadCdnProps } from '../../../lib/cdn/download-cdn.ts';
import { FULL, VIRGINIA } from '../support/every-stage.ts';
import { templatesOf } from '../support/templates.ts';

const REPLICA = { bucketName: 'the-replica', region: 'eu-west-1' };

function templateOf(
  props: Partial<DownloadCdnProps> = {},
  region = 'us-east-1',
  withReplica = false,
): Template {
  const stack = new Stack(new App(), 'Service', { env: { account: '123456789012', region } });
  const bucket = new Bucket(stack, 'Packages');
  const replica = withReplica
    ? { replica: Bucket.fromBucketAttributes(stack, 'Replica', REPLICA) }
    : {};
  new DownloadCdn(stack, 'Cdn', { bucket, keyGroupId: 'the-key-group', ...replica, ...props });
  return Template.fromStack(stack);
}

function configOf(template: Template): Record<string, unknown> {
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  return distribution?.['Properties'].DistributionConfig;
}

const REFUSED_FIELDS = ['cs-uri-query', 'cs(Referer)', 'cs(Cookie)'];

describe('the CDN', () => {
  const template = templateOf();
  const config = configOf(template);

  test('trusts the key group on every behaviour, and has no other behaviour', () => {
    expect(config['DefaultCacheBehavior']).toMatchObject({ TrustedKeyGroups: ['the-key-group'] });
    expect(config['CacheBehaviors']).toBeUndefined();
  });

  test('answers over TLS alone, also in HTTP/2 and HTTP/3', () => {
    expect(config).toMatchObject({
      HttpVersion: 'http2and3',
      DefaultCacheBehavior: { ViewerProtocolPolicy: 'https-only' },
    });
  });

  test('takes GET and HEAD and nothing else, and sends bytes as they are', () => {
    expect(config['DefaultCacheBehavior']).toMatchObject({
      AllowedMethods: ['GET', 'HEAD'],
      Compress: false,
    });
  });

  test('names a package by its path alone', () => {
    const none = { QueryStringBehavior: 'none' };
    template.hasResourceProperties('AWS::CloudFront::CachePolicy', {
      CachePolicyConfig: {
        ParametersInCacheKeyAndForwardedToOrigin: {
          QueryStringsConfig: none,
          HeadersConfig: { HeaderBehavior: 'none' },
          CookiesConfig: { CookieBehavior: 'none' },
          EnableAcceptEncodingGzip: false,
          EnableAcceptEncodingBrotli: false,
        },
      },
    });
  });

  test('keeps packages for a day, although they are private for other caches', () => {
    template.hasResourceProperties('AWS::CloudFront::CachePolicy', {
      CachePolicyConfig: { MinTTL: 86_400 },
    });
  });

  test('lets no browser guess a type, or run what was downloaded', () => {
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: Match.objectLike({
          ContentTypeOptions: { Override: true },
          ContentSecurityPolicy: { ContentSecurityPolicy: 'sandbox', Override: true },
        }),
      },
    });
  });

  test('reads the bucket with signed requests, as this distribution alone', () => {
    template.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
      OriginAccessControlConfig: { SigningBehavior: 'always', SigningProtocol: 'sigv4' },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 's3:GetObject',
            Principal: { Service: 'cloudfront.amazonaws.com' },
            Condition: { StringEquals: { 'AWS:SourceArn': Match.anyValue() } },
          }),
        ]),
      },
    });
  });

  test('has one origin where there is no replica', () => {
    expect(config['Origins']).toHaveLength(1);
    expect(config['OriginGroups']).toBeUndefined();
  });

  test('lets scripts of no other origin read downloads', () => {
    const policies = JSON.stringify(
      template.findResources('AWS::CloudFront::ResponseHeadersPolicy'),
    );
    expect(policies).not.toContain('CorsConfig');
  });
});

test('the same stage in two regions has names of its own: CloudFront knows no regions', () => {
  const names = ['us-east-1', 'eu-central-1'].map((region) => {
    const template = templateOf({}, region);
    const [access] = Object.values(template.findResources('AWS::CloudFront::OriginAccessControl'));
    const [headers] = Object.values(
      template.findResources('AWS::CloudFront::ResponseHeadersPolicy'),
    );
    const [cache] = Object.values(template.findResources('AWS::CloudFront::CachePolicy'));
    return [
      access?.['Properties'].OriginAccessControlConfig.Name,
      headers?.['Properties'].ResponseHeadersPolicyConfig.Name,
      cache?.['Properties'].CachePolicyConfig.Name,
    ];
  });

  expect(new Set(names.flatMap(([access]) => access)).size).toBe(2);
  expect(new Set(names.flatMap(([, headers]) => headers)).size).toBe(2);
  expect(new Set(names.flatMap(([, , cache]) => cache)).size).toBe(2);
});

describe('a CDN with a replica', () => {
  const config = configOf(templateOf({}, 'us-east-1', true));

  test('asks the replica where the bucket fails, and takes a 403 or a 404 of the bucket for an answer', () => {
    expect(config['OriginGroups']).toMatchObject({
      Quantity: 1,
      Items: [{ FailoverCriteria: { StatusCodes: { Items: [500, 502, 503, 504], Quantity: 4 } } }],
    });
  });

  test('gives up a bucket that does not answer after six seconds, not after thirty', () => {
    expect(config['Origins']).toMatchObject([
      { ConnectionAttempts: 2, ConnectionTimeout: 3 },
      { ConnectionAttempts: 2, ConnectionTimeout: 3 },
    ]);
  });

  test('reads both with origin access control', () => {
    const origins = config['Origins'] as readonly Record<string, unknown>[];
    expect(origins).toHaveLength(2);
    for (const origin of origins) expect(origin).toHaveProperty('OriginAccessControlId');
  });
});

test('a stage with its own host for downloads outputs where that host must point', () => {
  const { service } = templatesOf(FULL);

  expect(service.findOutputs('CdnDomain')).toEqual({ CdnDomain: { Value: 'dl.example.com' } });
  expect(service.findOutputs('CdnDomainTarget')).toEqual({
    CdnDomainTarget: {
      Value: { 'Fn::GetAtt': [expect.stringMatching(/^DownloadsCdnDistribution/), 'DomainName'] },
    },
  });
  expect(templatesOf(VIRGINIA).service.findOutputs('CdnDomainTarget')).toEqual({});
});

test('such a stage also outputs the zone of that host, which an alias record needs', () => {
  const { service } = templatesOf(FULL);
  const [[map = '', { zones }] = ['', { zones: {} }]] = Object.entries(
    service.findMappings('*'),
  ).map(([name, entries]) => [name, { zones: entries }] as const);

  expect(zones).toMatchObject({
    aws: { zoneId: 'Z2FDTNDATAQYW2' },
    'aws-cn': { zoneId: 'Z3RFFRIM2A3IF5' },
  });
  expect(service.findOutputs('CdnDomainZoneId')).toEqual({
    CdnDomainZoneId: {
      Value: { 'Fn::FindInMap': [map, { Ref: 'AWS::Partition' }, 'zoneId'] },
    },
  });
  expect(templatesOf(VIRGINIA).service.findOutputs('CdnDomainZoneId')).toEqual({});
});

describe('the edges that serve packages', () => {
  const classOf = (props: Partial<DownloadCdnProps>) => configOf(templateOf(props))['PriceClass'];

  test('are the cheapest, in North America and Europe, unless the stage says otherwise', () => {
    expect(classOf({})).toBe('PriceClass_100');
    expect(configOf(templatesOf(VIRGINIA).service)['PriceClass']).toBe('PriceClass_100');
  });

  test.each([
    ['200', 'PriceClass_200'],
    ['all', 'PriceClass_All'],
  ] as const)('are more with priceClass %s', (priceClass, edges) => {
    expect(classOf({ priceClass })).toBe(edges);
  });
});

describe('a CDN with a domain of its own', () => {
  const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/1234';
  const certificate = Certificate.fromCertificateArn(new Stack(), 'Certificate', certificateArn);
  const config = configOf(templateOf({ domain: { name: 'dl.example.com', certificate } }));

  test('answers by that name, over TLS 1.2 and later', () => {
    expect(config).toMatchObject({
      Aliases: ['dl.example.com'],
      ViewerCertificate: {
        AcmCertificateArn: certificateArn,
        MinimumProtocolVersion: 'TLSv1.2_2021',
      },
    });
  });
});

describe('scripts of the origins that a stage allows', () => {
  const template = templateOf({ corsOrigins: ['https://app.example.com'] });
  /** AWS's own policy CORS-S3Origin: Origin and the two headers of a preflight, which S3 reads. */
  const CORS_S3_ORIGIN = '88a5eaf4-2fd4-4709-b370-b4c650ea3fcf';

  test('may read downloads', () => {
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        CorsConfig: Match.objectLike({
          AccessControlAllowOrigins: { Items: ['https://app.example.com'] },
          AccessControlAllowMethods: { Items: ['GET', 'HEAD'] },
          AccessControlAllowCredentials: false,
        }),
      },
    });
  });

  test('may ask first, as browsers do for If-Range and If-None-Match', () => {
    expect(configOf(template)['DefaultCacheBehavior']).toMatchObject({
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS'],
      OriginRequestPolicyId: CORS_S3_ORIGIN,
    });
  });

  test('still name a package by its path alone', () => {
    expect(template.findResources('AWS::CloudFront::CachePolicy')).toEqual(
      templateOf().findResources('AWS::CloudFront::CachePolicy'),
    );
  });
});

describe('the access log of the CDN', () => {
  test('holds no query, no referer and no cookie', () => {
    const [delivery] = Object.values(templateOf().findResources('AWS::Logs::Delivery'));
    const fields: readonly string[] = delivery?.['Properties'].RecordFields;
    expect(fields).toContain('cs-uri-stem');
    expect(fields.filter((field) => REFUSED_FIELDS.includes(field))).toEqual([]);
  });

  test('is delivered as JSON, from the distribution to a private bucket that forgets', () => {
    const template = templateOf();
    template.hasResourceProperties('AWS::Logs::DeliverySource', { LogType: 'ACCESS_LOGS' });
    template.hasResourceProperties('AWS::Logs::DeliveryDestination', { OutputFormat: 'json' });
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: {
        Rules: [Match.objectLike({ ExpirationInDays: 30, Status: 'Enabled' })],
      },
    });
  });

  test('is not of the older form, which holds signatures', () => {
    expect(configOf(templateOf())['Logging']).toBeUndefined();
  });

  test('is the same for a stack in a region that takes no delivery of CloudFront logs', () => {
    const template = templateOf({}, 'eu-central-1');
    template.resourceCountIs('AWS::Logs::Delivery', 0);
    const [delivery] = Object.values(template.findResources('Custom::CdnLogDelivery'));
    const call = JSON.stringify(delivery?.['Properties'].Create);
    expect(call).toContain('\\"region\\":\\"us-east-1\\"');
    expect(call).toContain('cs-uri-stem');
    expect(REFUSED_FIELDS.filter((field) => call.includes(field))).toEqual([]);
  });

  describe('there too', () => {
    const template = templateOf({}, 'eu-central-1');
    const [[roleId, role] = []] = Object.entries(template.findResources('AWS::IAM::Role')).filter(
      ([, { Properties }]) => Properties.Policies !== undefined,
    );
    const [[distributionId = ''] = []] = Object.entries(
      template.findResources('AWS::CloudFront::Distribution'),
    );

    test('may be asked for: of distributions of this account, and into a bucket whose policy can be seen', () => {
      const [policy] = role?.['Properties'].Policies ?? [];

      expect(policy?.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Action: 'cloudfront:AllowVendedLogDeliveryForResource',
          Resource: {
            'Fn::Join': [
              '',
              expect.arrayContaining([{ Ref: 'AWS::AccountId' }, ':distribution/*']),
            ],
          },
        }),
      );
      expect(policy?.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Action: 's3:GetBucketPolicy',
          Resource: { 'Fn::GetAtt': [expect.stringMatching(/^CdnAccessLogsBucket/), 'Arn'] },
        }),
      );
    });

    test('is asked for with rights that IAM has known since before the distribution was made', () => {
      const [caller] = Object.values(template.findResources('AWS::Lambda::Function')).filter(
        ({ Properties }) => Properties.Role?.['Fn::GetAtt']?.[0] === roleId,
      );

      expect(caller).toBeDefined();
      // A policy of its own would be made when all that it names is there, and used at once.
      expect(template.findResources('AWS::IAM::Policy')).toEqual({});
      expect([...neededBy(template, roleId ?? '')]).not.toContain(distributionId);
      for (const kind of ['Source', 'Destination', 'Delivery']) {
        const [call = ''] = Object.keys(template.findResources(`Custom::CdnLog${kind}`));
        expect([...neededBy(template, call)]).toContain(distributionId);
      }
    });
  });
});

/** What CloudFormation makes before `logicalId`, directly or not. */
function neededBy(template: Template, logicalId: string, known = new Set<string>()): Set<string> {
  const resources: Readonly<Record<string, unknown>> = template.toJSON()['Resources'];
  const text = JSON.stringify(resources[logicalId] ?? {});
  for (const other of Object.keys(resources)) {
    if (known.has(other) || other === logicalId || !text.includes(`"${other}"`)) continue;
    known.add(other);
    neededBy(template, other, known);
  }
  return known;
}
