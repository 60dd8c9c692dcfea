/**
 * The HTTP API in front of the functions: a route for every line of api/routes.ts, with throttling
 * and an access log. Unknown paths get a problem.
 */
import { Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  type CfnStage,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ROUTES, type Route } from '../../api/routes.ts';
import { ENV } from '../../open/settings/env.ts';
import { Validations } from '../findings/validations.ts';
import type { Throttle, ThrottledRoutes } from '../stage/stage-settings.ts';
import {
  type PrivilegeFunctions,
  type RouteIntegration,
  routeIntegrations,
} from './route-integrations.ts';

export interface PackageApiProps {
  /** One function per privilege; `catalog` also answers requests that match no route. */
  readonly functions: PrivilegeFunctions;
  readonly throttles: Readonly<Record<ThrottledRoutes, Throttle>>;
  /** @default those of api/routes.ts */
  readonly routes?: readonly Route[];
  /** Origins that browsers may call from, or `*`. @default none */
  readonly corsOrigins?: readonly string[];
  /** @default the one that API Gateway gives */
  readonly domain?: ApiDomain;
  /** How long the access log is kept. @default 30 days */
  readonly logRetention?: RetentionDays;
}

export interface ApiDomain {
  readonly name: string;
  /** In the region of the API. */
  readonly certificate: ICertificate;
}

/** The same as local/http/cors.ts answers; a test compares the two. */
const CORS = {
  allowMethods: [
    CorsHttpMethod.GET,
    CorsHttpMethod.HEAD,
    CorsHttpMethod.POST,
    CorsHttpMethod.PUT,
    CorsHttpMethod.DELETE,
  ],
  allowHeaders: ['accept', 'authorization', 'content-type', 'if-none-match', 'if-range', 'range'],
  exposeHeaders: [
    'accept-ranges',
    'allow',
    'content-disposition',
    'content-range',
    'etag',
    'location',
    'repr-digest',
    'retry-after',
    'www-authenticate',
    'x-checksum-sha256',
    'x-request-id',
  ],
  maxAge: Duration.minutes(10),
};

/**
 * The only routes with settings of their own. API Gateway keeps the settings of a route that is
 * gone, and then refuses every update of the stage, so the routes here must stay as they are
 * (decision 33).
 */
const WITH_SETTINGS: readonly Route[] = [
  ROUTES.downloadPackage,
  ROUTES.downloadFromChannel,
  ROUTES.followLink,
];

/** `path` has no query, so a cursor or a signature in a query does not reach the log. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.routeKey',
  path: '$context.path',
  protocol: '$context.protocol',
  status: '$context.status',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationStatus: '$context.integration.integrationStatus',
  integrationLatencyMs: '$context.integration.latency',
  integrationError: '$context.integration.error',
};

export class PackageApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly accessLog: LogGroup;
  /** Without a slash at its end. */
  readonly url: string;
  /** What a CNAME or an alias of the custom domain must point to. */
  readonly domainTarget: string | undefined;
  /** The hosted zone of `domainTarget`, which an alias record needs. */
  readonly domainZoneId: string | undefined;

  /** @throws Error where a route has no function, or a path that API Gateway does not take */
  constructor(scope: Construct, id: string, props: PackageApiProps) {
    super(scope, id);
    const {
      functions,
      throttles,
      routes = Object.values<Route>(ROUTES),
      corsOrigins = [],
      domain,
    } = props;
    const { routes: served, unrouted } = routeIntegrations(routes, functions);
    const domainName = domain && this.#ownDomain(domain);
    this.api = new HttpApi(this, 'Api', {
      createDefaultStage: false,
      defaultIntegration: unrouted,
      // An API with its own host answers on that host only.
      disableExecuteApiEndpoint: domain !== undefined,
      ...(corsOrigins.length === 0
        ? {}
        : { corsPreflight: { ...CORS, allowOrigins: [...corsOrigins] } }),
    });
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions::AwsSolutions-APIG4',
      reason:
        'The functions authenticate: tokens are records of the catalog, with scopes and version patterns that depend on the path, and paths may be public by choice of the stage.',
    });
    this.accessLog = new LogGroup(this, 'AccessLog', {
      // For other names AWS adds an entry to the account's policy of logs, which is soon full where
      // there are many APIs.
      logGroupName: `/aws/vendedlogs/apis/${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}`,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(props.logRetention === undefined ? {} : { retention: props.logRetention }),
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: throttles.others.ratePerSecond, burstLimit: throttles.others.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    if (domainName !== undefined) this.#map(domainName);
    this.#addRoutes(served, throttles.download);
    this.url = domain === undefined ? this.api.apiEndpoint : `https://${domain.name}`;
    this.domainTarget = domainName?.regionalDomainName;
    this.domainZoneId = domainName?.regionalHostedZoneId;
  }

  /** Gives `fn` the public URL of the service, which links and lists contain. */
  passUrl(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.publicUrl, this.url);
  }

  /**
   * With the id that `HttpStage` gives to a mapping of its own, but without `Default`: an update
   * can not replace a mapping, since the domain takes no second one.
   */
  #map(domainName: DomainName): void {
    const path = domainName.node.path.split('/').filter((id) => id !== 'Default');
    new ApiMapping(this.stage, `${path.join('/')}undefined`, {
      api: this.api,
      domainName,
      stage: this.stage,
    });
  }

  #ownDomain({ name, certificate }: ApiDomain): DomainName {
    return new DomainName(this, 'Domain', { domainName: name, certificate });
  }

  #addRoutes(served: readonly RouteIntegration[], { ratePerSecond, burst }: Throttle): void {
    const throttled: Record<string, object> = {};
    for (const { route, integration } of served) {
      const { path, methods } = route;
      const made = this.api.addRoutes({
        path,
        methods: methods.map((method) => HttpMethod[method]),
        integration,
      });
      if (!WITH_SETTINGS.includes(route)) continue;
      // A stage can only throttle routes that already exist.
      for (const one of made) this.stage.node.addDependency(one);
      for (const method of methods) {
        throttled[`${method} ${path}`] = {
          ThrottlingRateLimit: ratePerSecond,
          ThrottlingBurstLimit: burst,
        };
      }
    }
    (this.stage.node.defaultChild as CfnStage).routeSettings = throttled;
  }
}
