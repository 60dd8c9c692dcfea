/**
 * The keys that sign links of the CDN: one secret holds the private keys, CloudFront the public
 * ones. A custom resource makes the first pairs.
 */
import { CustomResource, Duration, Names, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { Validations } from '../findings/validations.ts';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import { statePolicy } from '../stage/state-policy.ts';

export interface CdnKeysProps {
  readonly stage: StageSettings;
}

/** Public keys and key groups of CloudFront have no ARN that a policy could name. */
const CHANGE_KEYS = [
  'cloudfront:CreatePublicKey',
  'cloudfront:GetPublicKey',
  'cloudfront:ListPublicKeys',
  'cloudfront:DeletePublicKey',
  'cloudfront:GetKeyGroup',
  'cloudfront:UpdateKeyGroup',
];
/** To make and remove the group, which only deployments do. */
const OWN_GROUPS = [
  'cloudfront:CreateKeyGroup',
  'cloudfront:ListKeyGroups',
  'cloudfront:DeleteKeyGroup',
];

export class CdnKeys extends Construct {
  /**
   * Private keys and the state of each (core/cdn-keys/). Its text must not get into a template, a
   * log or an output.
   */
  readonly keyring: Secret;
  readonly keyGroupId: string;
  /** Makes the first pairs, and removes them when the stack is deleted. */
  readonly maker: ServiceFunction;

  constructor(scope: Construct, id: string, { stage }: CdnKeysProps) {
    super(scope, id);
    this.keyring = new Secret(this, 'Keyring', {
      description: 'Keys that sign download links; moved on by the service itself, never by hand',
      removalPolicy: statePolicy(stage),
    });
    // By default the construct lets CloudFormation generate a random password.
    (this.keyring.node.defaultChild as CfnSecret).generateSecretString = undefined;
    Validations.of(this.keyring).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'A function of the service rotates these keys in steps that CloudFront can follow (CdnKeyRotation). Secrets Manager would replace the key at once.',
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
      // CloudFront is global: the same stage in two regions needs two names.
      properties: {
        NamePrefix: `${Names.uniqueResourceName(this, { maxLength: 40, separator: '-' })}-${Stack.of(this).region}`,
      },
    });
    // Its permissions must be created before it and deleted after it.
    resource.node.addDependency(this.maker);
    this.keyGroupId = resource.getAttString('KeyGroupId');
  }

  /** Lets `fn` sign links. */
  grantSign(fn: LambdaFunction): void {
    this.#allow(fn, ['secretsmanager:GetSecretValue']);
  }

  /** Lets `fn` rotate keys: write the secret, and change which public keys CloudFront trusts. */
  grantRotate(fn: LambdaFunction): void {
    this.#allow(fn, ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue']);
    fn.addToRolePolicy(new PolicyStatement({ actions: CHANGE_KEYS, resources: ['*'] }));
    Validations.of(fn.role ?? fn).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason:
        'Public keys and key groups of CloudFront have no ARN that a policy could name, and X-Ray has no resource for traces.',
    });
  }

  #allow(fn: LambdaFunction, actions: readonly string[]): void {
    fn.addEnvironment(ENV.cdnKeyring, this.keyring.secretArn);
    fn.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [this.keyring.secretArn] }),
    );
  }
}
