/** The keys that sign links of the CDN: one secret holds the private halves, CloudFront the public ones; a custom resource makes the first. */
import { CustomResource, Duration, Names, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import { statePolicy } from '../stage/state-policy.ts';

export interface CdnKeysProps {
  readonly stage: StageSettings;
}

/** CloudFront gives public keys and key groups no ARN that a policy could name. */
const CHANGE_KEYS = [
  'cloudfront:CreatePublicKey',
  'cloudfront:GetPublicKey',
  'cloudfront:ListPublicKeys',
  'cloudfront:DeletePublicKey',
  'cloudfront:GetKeyGroup',
  'cloudfront:UpdateKeyGroup',
];
/** For who makes and removes the group: at deploy time alone. */
const OWN_GROUPS = [
  'cloudfront:CreateKeyGroup',
  'cloudfront:ListKeyGroups',
  'cloudfront:DeleteKeyGroup',
];

export class CdnKeys extends Construct {
  /** Private keys and where each of them stands: core/cdn-keys/. No template, log or output ever holds its text. */
  readonly keyring: Secret;
  readonly keyGroupId: string;
  /** Makes the first pairs, and removes what it made when the stack goes. */
  readonly maker: ServiceFunction;

  constructor(scope: Construct, id: string, { stage }: CdnKeysProps) {
    super(scope, id);
    this.keyring = new Secret(this, 'Keyring', {
      description: 'Keys that sign download links; moved on by the service itself, never by hand',
      removalPolicy: statePolicy(stage),
    });
    // Left to itself the construct would let CloudFormation put a random password into it.
    (this.keyring.node.defaultChild as CfnSecret).generateSecretString = undefined;
    Validations.of(this.keyring).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'A function of the service rotates these keys in steps that CloudFront can follow (CdnKeyRotation); the rotation of Secrets Manager would replace the key at once.',
    });
    this.maker = new ServiceFunction(this, 'Maker', {
      stage,
      entry: 'cdn-keys-resource',
      description: 'Makes the first keys of the CDN, owns its public keys and key group',
      timeout: Duration.minutes(5),
    });
    this.grantRotate(this.maker);
    this.maker.addToRolePolicy(new PolicyStatement({ actions: OWN_GROUPS, resources: ['*'] }));
    const resource = new CustomResource(this, 'KeyGroup', {
      resourceType: 'Custom::CdnKeys',
      serviceToken: this.maker.functionArn,
      serviceTimeout: Duration.minutes(10),
      // CloudFront knows no regions: the same stage in two of them needs two names.
      properties: {
        NamePrefix: `${Names.uniqueResourceName(this, { maxLength: 40, separator: '-' })}-${Stack.of(this).region}`,
      },
    });
    // Its permissions come first when the stack is made, and go last.
    resource.node.addDependency(this.maker);
    this.keyGroupId = resource.getAttString('KeyGroupId');
  }

  /** Lets `fn` sign links. */
  grantSign(fn: LambdaFunction): void {
    this.#allow(fn, ['secretsmanager:GetSecretValue']);
  }

  /** Lets `fn` move the keyring on: write the secret, and change which public keys CloudFront trusts. */
  grantRotate(fn: LambdaFunction): void {
    this.#allow(fn, ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue']);
    fn.addToRolePolicy(new PolicyStatement({ actions: CHANGE_KEYS, resources: ['*'] }));
    Validations.of(fn.role ?? fn).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason:
        'CloudFront gives public keys and key groups no ARN that a policy could name; X-Ray takes traces for no resource in particular.',
    });
  }

  #allow(fn: LambdaFunction, actions: readonly string[]): void {
    fn.addEnvironment(ENV.cdnKeyring, this.keyring.secretArn);
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [this.keyring.secretArn] }),
    );
  }
}
