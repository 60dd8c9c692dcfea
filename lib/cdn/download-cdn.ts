/** The distribution that hands out packages: signed links only, whole and unchanged bytes, a replica where the bucket's region fails. */
import { Aws, Duration, Names, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
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
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { OriginGroup, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { CdnAccessLogs } from './cdn-access-logs.ts';

/** What of a replica is an answer where the bucket gave none. A 403 or a 404 of the bucket is an answer: yanked, deleted, not there. */
const FAILOVER_STATUSES = [500, 502, 503, 504];

export interface DownloadCdnProps {
  readonly bucket: Bucket;
  /** Whose keys may sign links. */
  readonly keyGroupId: string;
  /** Copy of the bucket in a second region; its policy lets distributions of this account read. @default none */
  readonly replica?: IBucket;
  /** Needs `certificateArn`. @default the name that CloudFront gives */
  readonly domainName?: string;
  /** Certificate in us-east-1. */
  readonly certificateArn?: string;
  /** Origins from whose pages scripts may read downloads, or `*`. @default none */
  readonly corsOrigins?: readonly string[];
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
  /** What a CNAME or an alias of the domain of its own must point to. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, props: DownloadCdnProps) {
    super(scope, id);
    const { domainName, certificateArn } = props;
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `${Stack.of(this).stackName}: package downloads`,
      httpVersion: HttpVersion.HTTP2_AND_3,
      // Every path is this one: there is no way around the key group. Public downloads too are signed, by the stable link.
      defaultBehavior: {
        origin: this.#origin(props),
        trustedKeyGroups: [KeyGroup.fromKeyGroupId(this, 'KeyGroup', props.keyGroupId)],
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        // What was published is what arrives: its length and its SHA-256 are promised.
        compress: false,
        cachePolicy: this.#cachePolicy(),
        responseHeadersPolicy: this.#headersPolicy(props.corsOrigins ?? []),
      },
      ...(domainName === undefined || certificateArn === undefined
        ? {}
        : {
            domainNames: [domainName],
            certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
    });
    this.domainName = domainName ?? this.distribution.distributionDomainName;
    this.domainTarget =
      domainName === undefined ? undefined : this.distribution.distributionDomainName;
    this.accessLogs = new CdnAccessLogs(this, 'AccessLogs', {
      distribution: this.distribution,
      ...(props.logRetentionDays === undefined ? {} : { retentionDays: props.logRetentionDays }),
      ...(props.logRemovalPolicy === undefined ? {} : { removalPolicy: props.logRemovalPolicy }),
    });
    this.#acknowledge(domainName !== undefined);
  }

  /** Tells `fn` which host to sign for; the right to sign is the keyring's (`CdnKeys`). */
  tellDomain(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.cdnDomain, this.domainName);
  }

  /** Lets `fn` make the CDN forget what it has of a package. */
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
    // `isWebsite` of the class may be undefined, that of the interface may not: `exactOptionalPropertyTypes` tells the two apart.
    const primaryOrigin = S3BucketOrigin.withOriginAccessControl(bucket as IBucket, {
      originAccessControl,
    });
    if (replica === undefined) return primaryOrigin;
    return new OriginGroup({
      primaryOrigin,
      fallbackOrigin: S3BucketOrigin.withOriginAccessControl(replica, { originAccessControl }),
      fallbackStatusCodes: FAILOVER_STATUSES,
    });
  }

  /** A package never changes, so its path alone names it; a signature must not make a second copy of it. */
  #cachePolicy(): CachePolicy {
    return new CachePolicy(this, 'CachePolicy', {
      comment: 'Packages by path alone',
      queryStringBehavior: CacheQueryStringBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
      enableAcceptEncodingGzip: false,
      enableAcceptEncodingBrotli: false,
      // Packages are stored as private, for caches of others: with no least time, CloudFront would be one of them and keep nothing. A day
      // bounds what a lost invalidation can do; then an edge asks the bucket whether the copy still stands.
      minTtl: Duration.days(1),
      defaultTtl: Duration.days(1),
      maxTtl: Duration.days(365),
    });
  }

  /** A package may be a page or a script of a stranger: a browser saves it and never runs it in our name. */
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

  /** CloudFront knows no regions: the same stage in two of them needs two names. CDK thinks of that for cache policies alone. */
  #name(): string {
    return `${Names.uniqueResourceName(this, { maxLength: 40 })}-${Stack.of(this).region}`;
  }

  #acknowledge(hasOwnDomain: boolean): void {
    const distribution = Validations.of(this.distribution);
    distribution.acknowledge({
      id: 'Annotation::@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac',
      reason:
        'The policy of the replica stands in the stack that makes it (ReplicaStack), and lets distributions of this account read.',
    });
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR1',
      reason:
        'Who may download is decided by the service that signs the link, not by the country of the caller.',
    });
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR2',
      reason:
        'There is no application behind the distribution to protect: it answers GET and HEAD of signed paths from a bucket, and drops queries, headers and cookies.',
    });
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR3',
      reason:
        'Standard logging v2 is on (CdnAccessLogs); the property that this rule looks at is of the older form, which logs signatures.',
    });
    if (hasOwnDomain) return;
    distribution.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR4',
      reason:
        'Without a domain of its own a distribution bears the certificate of CloudFront, for which AWS lets nobody choose the least TLS version.',
    });
  }
}
