/** The console on AWS: its files, its host and its rights, in the template. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { Stowage } from '../../../lib/stowage.ts';
import { FULL } from '../support/every-stage.ts';
import { ownRightsIn } from '../support/functions.ts';
import { templateOf, templatesOf } from '../support/templates.ts';

const NOTE = Match.stringLikeRegexp('There is no console');

function one(template: Template, type: string): Record<string, unknown> {
  return Object.values(template.findResources(type))[0]?.['Properties'];
}

function configOf(template: Template): Record<string, unknown> {
  return one(template, 'AWS::CloudFront::Distribution')['DistributionConfig'] as never;
}

function pagesPolicyOf(template: Template): string {
  const policies = template.findResources('AWS::CloudFront::ResponseHeadersPolicy');
  return Object.values(policies)
    .map((policy) => JSON.stringify(policy))
    .filter((policy) => policy.includes('script-src'))
    .join();
}

function originsOf(template: Template, type: 'Api' | 'Bucket'): readonly unknown[] {
  if (type === 'Api') {
    const { CorsConfiguration } = one(template, 'AWS::ApiGatewayV2::Api');
    return (CorsConfiguration as { AllowOrigins?: unknown[] })?.AllowOrigins ?? [];
  }
  const buckets = Object.values(template.findResources('AWS::S3::Bucket'));
  return buckets.flatMap(
    ({ Properties }) => Properties.CorsConfiguration?.CorsRules?.[0].AllowedOrigins ?? [],
  );
}

describe('the console on AWS', () => {
  const template = templateOf();

  test('is served without a signature, and nothing else is', () => {
    expect(configOf(template)['CacheBehaviors']).toEqual([
      expect.objectContaining({
        PathPattern: 'console*',
        AllowedMethods: ['GET', 'HEAD'],
        ViewerProtocolPolicy: 'redirect-to-https',
        Compress: true,
      }),
    ]);
    expect(configOf(template)['CacheBehaviors']).not.toEqual([
      expect.objectContaining({ TrustedKeyGroups: expect.anything() }),
    ]);
    expect(configOf(template)['DefaultCacheBehavior']).toHaveProperty('TrustedKeyGroups');
  });

  test.each([
    ['/console', { statusCode: 308, headers: { location: { value: '/console/' } } }],
    ['/console/', { uri: '/console/index.html' }],
    ['/console/main-ABCDEFGH.js', { uri: '/console/main-ABCDEFGH.js' }],
    ['/consoles/', { uri: '/consoles/' }],
  ])('finds its page by a function of CloudFront: %s', (uri, expected) => {
    const { FunctionCode, FunctionConfig, AutoPublish } = one(
      template,
      'AWS::CloudFront::Function',
    );
    const { CacheBehaviors } = configOf(template) as { CacheBehaviors: object[] };
    const [id] = Object.keys(template.findResources('AWS::CloudFront::Function'));

    const answer = runInNewContext(`${FunctionCode}; handler(event)`, {
      event: { request: { uri } },
    });

    expect(JSON.parse(JSON.stringify(answer))).toEqual(expected);
    expect([FunctionConfig, AutoPublish]).toMatchObject([{ Runtime: 'cloudfront-js-2.0' }, true]);
    expect(CacheBehaviors[0]).toMatchObject({
      FunctionAssociations: [
        { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [id, 'FunctionARN'] } },
      ],
    });
  });

  test('comes from the bucket of packages', () => {
    const { Origins, CacheBehaviors, DefaultCacheBehavior } = configOf(template) as {
      Origins: unknown[];
      CacheBehaviors: { TargetOriginId: string }[];
      DefaultCacheBehavior: { TargetOriginId: string };
    };

    expect(Origins).toHaveLength(1);
    expect(CacheBehaviors[0]?.TargetOriginId).toBe(DefaultCacheBehavior.TargetOriginId);
  });

  test('may run its own scripts alone, and send requests to APIs and the bucket alone', () => {
    const policy = pagesPolicyOf(template);

    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    expect(policy).toContain("connect-src 'self' https://*.execute-api.eu-central-1.");
    expect(policy).toContain('RegionalDomainName');
    expect(policy).toContain("frame-ancestors 'none'");
  });

  test('names the host of the API where it is known', () => {
    const policy = pagesPolicyOf(templatesOf(FULL).service);

    expect(policy).toContain("connect-src 'self' https://packages.example.com ");
    expect(policy).not.toContain('execute-api');
  });

  test('may call the API from its own host alone', () => {
    const [id] = Object.keys(template.findResources('AWS::CloudFront::Distribution'));

    expect(originsOf(template, 'Api')).toEqual([
      { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [id, 'DomainName'] }]] },
    ]);
  });

  test('may upload to the bucket', () => {
    expect(originsOf(template, 'Bucket')).toEqual(['https://*.cloudfront.net']);
  });

  test('may do both from a host of its own, beside the origins of the stage', () => {
    const { service } = templatesOf(FULL);
    const origins = ['https://app.example.com', 'https://dl.example.com'];

    expect(originsOf(service, 'Api')).toEqual(origins);
    expect(originsOf(service, 'Bucket')).toEqual(origins);
  });

  test('adds nothing where every origin is allowed', () => {
    const open = templateOf({ corsOrigins: ['*'] });

    expect(originsOf(open, 'Api')).toEqual(['*']);
    expect(originsOf(open, 'Bucket')).toEqual(['*']);
  });

  test('is put into the bucket by a function that may write its files and nothing else', () => {
    const rights = ownRightsIn(template).filter(({ who }) => who === 'ConsolePlace');

    expect(rights.map(({ action, on }) => `${action} on ${on}`)).toEqual([
      's3:PutObject on Packages/console/*',
    ]);
  });

  test('is put there again when its files or the address of the API change', () => {
    const [fn] = Object.values(template.findResources('AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.Description?.includes('console'),
    );

    expect(one(template, 'Custom::ConsoleFiles')).toMatchObject({
      Code: fn?.['Properties'].Code.S3Key,
      ApiUrl: expect.anything(),
    });
  });

  test('is an output of the stack', () => {
    expect(Object.keys(template.toJSON()['Outputs'])).toContain('ConsoleUrl');
  });
});

describe.each([{ console: false }, { downloads: 's3' }] as const)('with %j', (input) => {
  test('there is no console, and no origin for one', () => {
    const template = templateOf(input);

    expect(template.findResources('Custom::ConsoleFiles')).toEqual({});
    expect(originsOf(template, 'Api')).toEqual([]);
    expect(originsOf(template, 'Bucket')).toEqual([]);
    expect(pagesPolicyOf(template)).toBe('');
    expect(Object.keys(template.toJSON()['Outputs'])).not.toContain('ConsoleUrl');
  });
});

describe('the synth', () => {
  const annotationsOf = (props: { console?: boolean }) => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Service');
    new Stowage(stack, 'Packages', { downloads: 's3', ...props });
    return Annotations.fromStack(stack);
  };

  test('says that there is no console without a distribution', () => {
    annotationsOf({}).hasInfo('*', NOTE);
  });

  test('says nothing where none is wanted', () => {
    annotationsOf({ console: false }).hasNoInfo('*', NOTE);
  });
});
