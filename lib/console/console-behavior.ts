/** How the distribution serves the files of the console: without a signature, as pages. */
import { Duration, Names, Stack, Token } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Function as CdnFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  type IOrigin,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { CONSOLE_HEADERS, consolePolicy } from '../../core/console.ts';
import type { AnyBucket } from '../state/given-bucket.ts';
import { FIND_PAGE } from './console-paths.ts';

export interface ConsoleBehaviorProps {
  readonly origin: IOrigin;
  readonly bucket: AnyBucket;
  /** @default the one that API Gateway gives */
  readonly apiHost?: string;
}

export class ConsoleBehavior extends Construct {
  readonly options: BehaviorOptions;

  constructor(scope: Construct, id: string, { origin, bucket, apiHost }: ConsoleBehaviorProps) {
    super(scope, id);
    const { region, urlSuffix } = Stack.of(this);
    // The API names the distribution among its origins, so CloudFormation can not name the API's
    // own host here. The page itself does, and browsers heed the narrower of both policies.
    const api = apiHost ?? `*.execute-api.${region}.${urlSuffix}`;
    // CloudFront is global: the same stage in two regions needs two names.
    const name = `${Names.uniqueResourceName(this, { maxLength: 40 })}-${region}`;
    const findPage = new CdnFunction(this, 'FindPage', {
      functionName: name,
      comment: 'Serves the page of the console at its address',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(FIND_PAGE),
    });
    const headers = new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: name,
      comment: 'Pages of the console',
      securityHeadersBehavior: {
        contentTypeOptions: { override: true },
        contentSecurityPolicy: {
          contentSecurityPolicy: consolePolicy([`https://${api}`, `https://${hostOf(bucket)}`]),
          override: true,
        },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
      customHeadersBehavior: {
        customHeaders: Object.entries(CONSOLE_HEADERS).map(([header, value]) => ({
          header,
          value,
          override: true,
        })),
      },
    });
    this.options = {
      origin,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      compress: true,
      // Obeys what the files say: a year, or, for the page, one second.
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      responseHeadersPolicy: headers,
      functionAssociations: [{ eventType: FunctionEventType.VIEWER_REQUEST, function: findPage }],
    };
  }
}

/** A certificate covers one label, so uploads name a bucket with a dot in the path. */
function hostOf(bucket: AnyBucket): string {
  const { bucketName, bucketRegionalDomainName } = bucket;
  if (Token.isUnresolved(bucketName) || !bucketName.includes('.')) return bucketRegionalDomainName;
  const { region, urlSuffix } = Stack.of(bucket);
  return `s3.${region}.${urlSuffix}`;
}
