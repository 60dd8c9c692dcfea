/** The stack of one stage: a Stowage, and what a stack says of itself. */
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { StageSettings } from './stage/stage-settings.ts';
import { Stowage } from './stowage.ts';
import type { OwnDomain, ReplicaPlace } from './stowage-props.ts';

export interface ServiceStackProps extends StackProps {
  readonly stage: StageSettings;
  /** Where every package is copied to (`ReplicaStack`). @default nowhere */
  readonly replica?: ReplicaPlace;
}

export class ServiceStack extends Stack {
  readonly stowage: Stowage;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    const { stage, replica, ...stackProps } = props;
    super(scope, id, {
      description: `Stowage, stage ${stage.name}: keeps release files and hands them out`,
      terminationProtection: stage.deletionProtection,
      ...stackProps,
    });
    const {
      name: _,
      account: __,
      region: ___,
      replicaRegion: ____,
      apiDomainName,
      apiCertificateArn,
      cdnDomainName,
      cdnCertificateArn,
      bucketKeyArn,
      ...settings
    } = stage;
    const apiDomain = this.#domain('ApiCertificate', apiDomainName, apiCertificateArn);
    const cdnDomain = this.#domain('CdnCertificate', cdnDomainName, cdnCertificateArn);
    // CDK leaves this id out of logical ids, so the resources are named as if they were in the
    // stack itself.
    this.stowage = new Stowage(this, 'Default', {
      ...settings,
      ...(apiDomain === undefined ? {} : { apiDomain }),
      ...(cdnDomain === undefined ? {} : { cdnDomain }),
      ...(bucketKeyArn === undefined
        ? {}
        : { encryptionKey: Key.fromKeyArn(this, 'BucketKey', bucketKeyArn) }),
      ...(replica === undefined ? {} : { replica }),
    });
  }

  #domain(id: string, name: string | undefined, arn: string | undefined): OwnDomain | undefined {
    if (name === undefined || arn === undefined) return undefined;
    return { name, certificate: Certificate.fromCertificateArn(this, id, arn) };
  }
}
