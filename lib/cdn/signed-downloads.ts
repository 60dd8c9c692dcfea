/** Downloads by the CDN: its keys, the distribution that trusts them, and the rotation that replaces them. */
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { StageSettings } from '../stage/stage-settings.ts';
import { statePolicy } from '../stage/state-policy.ts';
import type { AnyBucket } from '../state/given-bucket.ts';
import { CdnKeyRotation } from './cdn-key-rotation.ts';
import { CdnKeys } from './cdn-keys.ts';
import { type CdnDomain, DownloadCdn } from './download-cdn.ts';

export interface SignedDownloadsProps {
  readonly stage: StageSettings;
  readonly bucket: AnyBucket;
  /** Copy of the bucket in a second region. @default none */
  readonly replica?: IBucket;
  /** The host of the API, for the console. @default the one that API Gateway gives */
  readonly apiHost?: string;
  /** @default the one that CloudFront gives */
  readonly domain?: CdnDomain;
}

export class SignedDownloads extends Construct {
  readonly keys: CdnKeys;
  readonly cdn: DownloadCdn;
  readonly rotation: CdnKeyRotation;

  constructor(scope: Construct, id: string, props: SignedDownloadsProps) {
    super(scope, id);
    const { stage, bucket, replica, domain, apiHost } = props;
    const { corsOrigins, logRetentionDays, priceClass } = stage;
    this.keys = new CdnKeys(this, 'Keys', { stage });
    this.cdn = new DownloadCdn(this, 'Cdn', {
      bucket,
      keyGroupId: this.keys.keyGroupId,
      corsOrigins,
      priceClass,
      logRetentionDays,
      logRemovalPolicy: statePolicy(stage),
      ...(replica === undefined ? {} : { replica }),
      ...(stage.console ? { console: apiHost === undefined ? {} : { apiHost } } : {}),
      ...(domain === undefined ? {} : { domain }),
    });
    this.rotation = new CdnKeyRotation(this, 'Rotation', { stage, keys: this.keys, cdn: this.cdn });
  }

  /** Lets `fn` sign links to the distribution. */
  grantSign(fn: LambdaFunction): void {
    this.keys.grantSign(fn);
    this.cdn.passDomain(fn);
  }

  /** Outputs of the stack, for `stowage cdn-keys` and for people. */
  get outputs(): Readonly<Record<string, string>> {
    return {
      CdnDomain: this.cdn.domainName,
      ...(this.cdn.domainTarget === undefined ? {} : { CdnDomainTarget: this.cdn.domainTarget }),
      ...(this.cdn.domainZoneId === undefined ? {} : { CdnDomainZoneId: this.cdn.domainZoneId }),
      DistributionId: this.cdn.distribution.distributionId,
      KeyringSecret: this.keys.keyring.secretArn,
      KeyGroupId: this.keys.keyGroupId,
      RotateFunction: this.rotation.rotate.functionName,
    };
  }
}
