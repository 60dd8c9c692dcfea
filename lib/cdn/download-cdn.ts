/**
 * The distribution that serves packages: only by signed links, with unchanged bytes, and from a
 * replica when the bucket's region fails.
 */
import { Aws, Duration, Names, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  type IOrigin,
  KeyGroup,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { OriginGroup, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { ConsoleBehavior } from '../console/console-behavior.ts';
import { CONSOLE_PATHS } from '../console/console-paths.ts';
import { Validations } from '../findings/validations.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import type { AnyBucket } from '../state/given-bucket.ts';
import { CdnAccessLogs } from './cdn-access-logs.ts';

/**
 * The statuses of the bucket after which CloudFront asks the replica. 403 and 404 are not among
 * them: the package is yanked, deleted or absent.
 */
const FAILOVER_STATUSES = [500, 502, 503, 504];

/** CloudFront gives up a bucket after six seconds without a connection; its default is thirty. */
const CONNECTION = { connectionAttempts: 2, connectionTimeout: Duration.seconds(3) };

/**
 * Browsers ask first (OPTIONS) for a request with If-Range, for instance. The bucket answers, and
 * needs to see the origin and what is asked for.
 */
const PREFLIGHT = {
  allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
  originRequestPolicy: OriginRequestPolicy.CORS_S3_ORIGIN,
};

const PRICE_CLASSES = {
  '100': PriceClass.PRICE_CLASS_100,
  '200': PriceClass.PRICE_CLASS_200,
  all: PriceClass.PRICE_CLASS_ALL,
};
/** A host of downloads. */
export interface CdnDomain {
  readonly name: string;
  /** In us-east-1, where CloudFront looks for it. */
  readonly certificate: ICertificate;
}

export interface DownloadCdnProps {
  readonly bucket: AnyBucket;
  /** The group of keys that may sign links. */
  readonly keyGroupId: string;
  /** Copy of the bucket in a second region; its policy lets distributions of this account read. @default none */
  readonly replica?: IBucket;
  /** Which edges serve packages. @default 100 */
  readonly priceClass?: StageSettings['priceClass'];
  /** @default the name that CloudFront gives */
  readonly domain?: CdnDomain;
  /** Origins from whose pages scripts may read downloads, or `*`. @default none */
  readonly corsOrigins?: readonly string[];
  /** The console, which pages of this host may serve. @default none */
  readonly console?: { readonly apiHost?: string };
  /** How long access logs are kept. @default 30 */
  readonly logRetentionDays?: number;
  /** Of the access logs. @default RETAIN */
  readonly logRemovalPolicy?: RemovalPolicy;
}

export class DownloadCdn extends Construct {
  readonly distribution: Distribution;
  readonly accessLogs: CdnAccessLogs;
  /** Host of links. */
  readonly domainName: string;
  /** What a CNAME or an alias of the custom domain must point to. */
  readonly domainTarget: string | undefined;
  /** The hosted zone of `domainTarget`, which an alias record needs. */
  readonly domainZoneId: string | undefined;

  constructor(scope: Construct, id: string, props: DownloadCdnProps) {
    super(scope, id);
    const { domain, corsOrigins = [] } = props;
    const origin = this.#origin(props);
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `${Stack.of(this).stackName}: package downloads`,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PRICE_CLASSES[props.priceClass ?? '100'],
      // Every path but those of the console needs a signature of the key group. Public downloads
      // are signed too: the stable link redirects to a signed one.
      defaultBehavior: {
        origin,
        trustedKeyGroups: [KeyGroup.fromKeyGroupId(this, 'KeyGroup', props.keyGroupId)],
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        ...(corsOrigins.length === 0
          ? { allowedMethods: AllowedMethods.ALLOW_GET_HEAD }
          : PREFLIGHT),
        // The bytes must arrive as published: their length and SHA-256 are promised.
        compress: false,
        cachePolicy: this.#cachePolicy(),
        responseHeadersPolicy: this.#headersPolicy(corsOrigins),
      },
      ...(props.console === undefined
        ? {}
        : {
            additionalBehaviors: {
              [CONSOLE_PATHS]: new ConsoleBehavior(this, 'Console', {
                origin,
                bucket: props.bucket,
                ...props.console,
              }).options,
            },
          }),
      ...(domain === undefined
        ? {}
        : {
            domainNames: [domain.name],
            certificate: domain.certificate,
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
    });
    this.domainName = domain?.name ?? this.distribution.distributionDomainName;
    this.domainTarget = domain === undefined ? undefined : this.distribution.distributionDomainName;
    this.domainZoneId = domain === undefined ? undefined : CloudFrontTarget.getHostedZoneId(this);
    this.accessLogs = new CdnAccessLogs(this, 'AccessLogs', {
      distribution: this.distribution,
      ...(props.logRetentionDays === undefined ? {} : { retentionDays: props.logRetentionDays }),
      ...(props.logRemovalPolicy === undefined ? {} : { removalPolicy: props.logRemovalPolicy }),
    });
    this.#acknowledge(domain !== undefined);
  }

  /** Gives `fn` the host to sign for; the right to sign comes from the keyring (`CdnKeys`). */
  passDomain(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.cdnDomain, this.domainName);
  }

  /** Lets `fn` remove a package from the caches of the CDN. */
  grantInvalidate(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.cdnDistributionId, this.distribution.distributionId);
    const distributionArn = `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/${this.distribution.distributionId}`;
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['cloudfront:CreateInvalidation'],
        resources: [distributionArn],
      }),
    );
  }

  #origin({ bucket, replica }: DownloadCdnProps): IOrigin {
    const originAccessControl = new S3OriginAccessControl(this, 'OriginAccess', {
      originAccessControlName: this.#name(),
    });
    const access = { originAccessControl, ...CONNECTION };
    // The cast is for `exactOptionalPropertyTypes`: `isWebsite` may be undefined in the class, but
    // not in the interface.
    const primaryOrigin = S3BucketOrigin.withOriginAccessControl(bucket as IBucket, access);
    if (replica === undefined) return primaryOrigin;
    return new OriginGroup({
      primaryOrigin,
      fallbackOrigin: S3BucketOrigin.withOriginAccessControl(replica, access),
      fallbackStatusCodes: FAILOVER_STATUSES,
    });
  }

  /** The path alone is the cache key: a package never changes, and each link has another signature. */
  #cachePolicy(): CachePolicy {
    return new CachePolicy(this, 'CachePolicy', {
      comment: 'Packages by path alone',
      queryStringBehavior: CacheQueryStringBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
      enableAcceptEncodingGzip: false,
      enableAcceptEncodingBrotli: false,
      // Packages are stored as `private`, which keeps them out of shared caches. Without a minimum
      // CloudFront would obey that, too. After a day an edge asks the bucket whether its copy is
      // still valid, which limits the harm of a lost invalidation.
      minTtl: Duration.days(1),
      defaultTtl: Duration.days(1),
      maxTtl: Duration.days(365),
    });
  }

  /** A package may be a page or a script: a browser must save it, and not run it on this host. */
  #headersPolicy(corsOrigins: readonly string[]): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'HeadersPolicy', {
      responseHeadersPolicyName: this.#name(),
      comment: 'Packages are data, never pages',
      securityHeadersBehavior: {
        contentTypeOptions: { override: true },
        contentSecurityPolicy: { contentSecurityPolicy: 'sandbox', override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
      ...(corsOrigins.length === 0
        ? {}
        : {
            corsBehavior: {
              accessControlAllowOrigins: [...corsOrigins],
              accessControlAllowMethods: ['GET', 'HEAD'],
              accessControlAllowHeaders: ['*'],
              accessControlExposeHeaders: [
                'ETag',
                'Content-Disposition',
                'Content-Range',
                'Accept-Ranges',
              ],
              accessControlAllowCredentials: false,
              accessControlMaxAge: Duration.minutes(10),
              originOverride: true,
            },
          }),
    });
  }

  /**
   * CloudFront is global: the same stage in two regions needs two names. CDK takes care of that
   * for cache policies only.
   */
  #name(): string {
    return `${Names.uniqueResourceName(this, { maxLength: 40 })}-${Stack.of(this).region}`;
  }

  #acknowledge(hasOwnDomain: boolean): void {
    const distribution = Validations.of(this.distribution);
    distribution.acknowledge({
      id: 'Annotation::@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac',
      reason:
        'The policy of the replica is part of its own stack (ReplicaStack), and lets distributions of this account read.',
    });
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR1',
      reason:
        'The service that signs the link decides who may download, whatever the country of the caller.',
    });
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR2',
      reason:
        'There is no application behind the distribution to protect: it answers GET, HEAD and OPTIONS of signed paths and files of the console from a bucket, and drops queries, cookies and nearly all headers.',
    });
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR3',
      reason:
        'Standard logging v2 is on (CdnAccessLogs). This rule checks the property of legacy logging, which logs signatures.',
    });
    if (hasOwnDomain) return;
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR4',
      reason:
        'Without a custom domain a distribution uses the certificate of CloudFront, whose minimum TLS version can not be set.',
    });
  }
}
