/** The HTTP API serves the list of routes, and nothing that is not on it. */
import { describe, expect, test } from '@jest/globals';
import { type App, Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type Privilege, ROUTES, type Route } from '../../../api/routes.ts';
import { PackageApi, type PackageApiProps } from '../../../lib/api/package-api.ts';
import { corsHeaders, preflightHeaders } from '../../../local/http/cors.ts';
import { LEAN, VIRGINIA } from '../support/every-stage.ts';
import { templateOf, templatesOf } from '../support/templates.ts';
import { synthesised } from '../support/with-stage.ts';

const PRIVILEGES: readonly Privilege[] = [
  'publish',
  'download',
  'catalog',
  'release',
  'exchange',
  'admin',
];
const THROTTLES: PackageApiProps['throttles'] = {
  download: { ratePerSecond: 3, burst: 4 },
  others: { ratePerSecond: 1, burst: 2 },
};
/**
 * Every route key that a release had settings for. API Gateway keeps the settings of a route that is
 * gone, and then refuses every further update of the stage. Add keys, but never take one away.
 */
const RELEASED_WITH_SETTINGS = [
  'GET /channels/{channel}/{file}',
  'GET /links/{linkId}',
  'GET /packages/{versionId}/{file}',
  'HEAD /channels/{channel}/{file}',
  'HEAD /links/{linkId}',
  'HEAD /packages/{versionId}/{file}',
];

function routesOf(template: Template): ReadonlyMap<string, string> {
  const integrations = template.findResources('AWS::ApiGatewayV2::Integration');
  const functionOf = (target: string) =>
    String(integrations[target]?.['Properties'].IntegrationUri['Fn::GetAtt'][0]).replace(
      /[0-9A-F]{8}$/,
      '',
    );
  return new Map(
    Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
      Properties.RouteKey,
      functionOf(Properties.Target['Fn::Join'][1][1].Ref),
    ]),
  );
}

function stageOf(template: Template) {
  return Object.values(template.findResources('AWS::ApiGatewayV2::Stage'))[0]?.['Properties'];
}

describe('the routes of the API', () => {
  const template = templateOf();

  test('are those of api/routes.ts, each answered by the function of its privilege', () => {
    const functions = {
      publish: 'Publish',
      download: 'Download',
      catalog: 'CatalogReader',
      release: 'Release',
      exchange: 'Exchange',
      admin: 'Admin',
    };
    const wanted = Object.values<Route>(ROUTES).flatMap(({ methods, path, privilege }) =>
      methods.map((method) => [`${method} ${path}`, functions[privilege]] as const),
    );

    expect(routesOf(template)).toEqual(new Map([...wanted, ['$default', 'CatalogReader']]));
  });

  test('are called by API Gateway alone, for this API alone', () => {
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission')).map(
      (one) => one['Properties'],
    );
    const ofApi = permissions.filter(({ Principal }) => Principal === 'apigateway.amazonaws.com');

    expect(ofApi).toHaveLength(PRIVILEGES.length + 1);
    for (const { SourceArn } of ofApi)
      expect(JSON.stringify(SourceArn)).toMatch(/execute-api:.*{"Ref":"Api[0-9A-Z]+"}/);
    expect(permissions.filter(({ SourceArn }) => SourceArn === undefined)).toEqual([]);
  });

  test('are throttled, those of downloads less than the others', () => {
    const stage = stageOf(templateOf({ throttles: { others: { ratePerSecond: 3, burst: 4 } } }));

    expect(stage.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 3,
      ThrottlingBurstLimit: 4,
    });
    for (const settings of Object.values(stage.RouteSettings)) {
      expect(settings).toEqual({ ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 });
    }
  });

  test('stay once a release had settings for them, which API Gateway would keep without the route', () => {
    const keys = Object.keys(stageOf(template).RouteSettings).sort();

    expect(keys).toEqual(RELEASED_WITH_SETTINGS);
    expect(keys.filter((key) => !routesOf(template).has(key))).toEqual([]);
  });

  test('that have settings are made before the stage', () => {
    const routes = template.findResources('AWS::ApiGatewayV2::Route');
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    const earlier: readonly string[] = stage?.['DependsOn'];

    expect(earlier.map((id) => routes[id]?.['Properties'].RouteKey)).toEqual(
      expect.arrayContaining(RELEASED_WITH_SETTINGS),
    );
  });
});

describe('the access log of the API', () => {
  const format = JSON.parse(stageOf(templateOf()).AccessLogSettings.Format);

  test('holds these fields, none of which knows the query, a header or a body', () => {
    expect(Object.values<string>(format).sort()).toEqual([
      '$context.httpMethod',
      '$context.identity.sourceIp',
      '$context.integration.error',
      '$context.integration.integrationStatus',
      '$context.integration.latency',
      '$context.path',
      '$context.protocol',
      '$context.requestId',
      '$context.requestTimeEpoch',
      '$context.responseLatency',
      '$context.responseLength',
      '$context.routeKey',
      '$context.status',
    ]);
  });

  function logGroupOf(template: Template) {
    const destination = JSON.stringify(stageOf(template).AccessLogSettings.DestinationArn);
    const [, log] =
      Object.entries(template.findResources('AWS::Logs::LogGroup')).find(([id]) =>
        destination.includes(id),
      ) ?? [];
    return log?.['Properties'];
  }

  test('is kept as long as the stage says', () => {
    expect(logGroupOf(templateOf({ logRetentionDays: 7 })).RetentionInDays).toBe(7);
  });

  test('has a name for which AWS needs no entry in the one policy of an account, and which no other stage has', () => {
    const names = [VIRGINIA, LEAN].map(
      (stage): string => logGroupOf(templatesOf(stage).service).LogGroupName,
    );

    for (const name of names) expect(name).toMatch(/^\/aws\/vendedlogs\/apis\/[\w-]{1,200}$/);
    expect(new Set(names).size).toBe(2);
  });
});

describe('browsers', () => {
  const corsOf = (corsOrigins: readonly string[]) =>
    Object.values(
      templateOf({ corsOrigins, console: false }).findResources('AWS::ApiGatewayV2::Api'),
    )[0]?.['Properties'].CorsConfiguration;

  test('get the same CORS headers as from the server on one machine', () => {
    const { AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders, MaxAge } = corsOf([
      'https://example.com',
    ]);
    const request = { headers: { origin: 'https://example.com' } } as Parameters<
      typeof corsHeaders
    >[0];
    const local = {
      ...corsHeaders(request, ['https://example.com']),
      ...preflightHeaders(request, ['https://example.com']),
    };

    expect({
      vary: 'Origin',
      'access-control-allow-origin': AllowOrigins.join(', '),
      'access-control-allow-methods': AllowMethods.join(', '),
      'access-control-allow-headers': AllowHeaders.join(', '),
      'access-control-expose-headers': ExposeHeaders.join(', '),
      'access-control-max-age': String(MaxAge),
    }).toEqual(local);
  });

  test('get no CORS headers where the stage names no origin and has no console', () => {
    expect(corsOf([])).toBeUndefined();
  });
});

describe('a domain of its own', () => {
  const certificate =
    'arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';
  const template = templateOf({ apiDomainName: 'api.example.com', apiCertificateArn: certificate });

  test('is the only way in, and the host of the URLs that functions return', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'api.example.com',
      DomainNameConfigurations: [{ CertificateArn: certificate, EndpointType: 'REGIONAL' }],
    });
    template.resourceCountIs('AWS::ApiGatewayV2::ApiMapping', 1);
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { PUBLIC_URL: 'https://api.example.com' } },
    });
    expect(template.findOutputs('ApiUrl')).toMatchObject({
      ApiUrl: { Value: 'https://api.example.com' },
    });
  });

  test('comes with the name that its record must point to, and the zone that an alias needs', () => {
    const outputs = (of: Template) =>
      Object.entries(of.findOutputs('*'))
        .filter(([name]) => name.startsWith('ApiDomain'))
        .map(([name, { Value }]) => [name, Value['Fn::GetAtt'][1]]);

    expect(outputs(template)).toEqual([
      ['ApiDomainTarget', 'RegionalDomainName'],
      ['ApiDomainZoneId', 'RegionalHostedZoneId'],
    ]);
    expect(outputs(templateOf())).toEqual([]);
  });
});

describe('a list of routes that can not be served fails the synth', () => {
  const route = (path: Route['path'], privilege: Privilege = 'catalog'): Route => ({
    methods: ['GET'],
    path,
    privilege,
    access: 'none',
    summary: '',
  });

  function synth(
    routes: readonly Route[],
    privileges: readonly Privilege[] = PRIVILEGES,
  ): Template {
    return synthesised((app) => stackWith(app, routes, privileges));
  }

  function stackWith(app: App, routes: readonly Route[], privileges: readonly Privilege[]): Stack {
    const stack = new Stack(app, 'Routes');
    const functions = Object.fromEntries(
      privileges.map((privilege) => [
        privilege,
        new LambdaFunction(stack, privilege, {
          code: Code.fromInline('0'),
          handler: 'index.handler',
          runtime: Runtime.NODEJS_24_X,
        }),
      ]),
    );
    new PackageApi(stack, 'Api', { functions, throttles: THROTTLES, routes });
    return stack;
  }

  test('where nothing is wrong with it, it is served', () => {
    expect([...routesOf(synth([route('/a/{b}')])).keys()].sort()).toEqual([
      '$default',
      'GET /a/{b}',
    ]);
  });

  test('where a route has no function, and where no function answers unmatched requests', () => {
    expect(() => synth([route('/a', 'admin'), route('/b')], ['publish'])).toThrow(
      [
        'the API can not serve these routes:',
        'GET /a: no function is given for the privilege admin',
        'GET /b: no function is given for the privilege catalog',
        '$default: no function is given for the privilege catalog',
      ].join('\n'),
    );
  });

  test.each(['/a/{id}.{ext}', '/a/v{id}', '/a//b', '/a/', '/a/{b'] as const)(
    'where a segment is a mixture: %s',
    (path) => {
      expect(() => synth([route(path)])).toThrow(
        `GET ${path}: each segment must be literal or one whole variable`,
      );
    },
  );

  test('where two routes take the same requests', () => {
    expect(() => synth([route('/a/{b}'), route('/a/{c}')])).toThrow('GET /a/{}: is listed twice');
  });
});
