/**
 * The secret from which the key of cursors is derived. Secrets Manager generates it at the first
 * deployment, so no template holds it.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { Validations } from '../findings/validations.ts';

export class CursorKey extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'Stowage: key of list cursors',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      // Losing it does little harm: a client that is reading a list has to start again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'The key opens nothing: it lets the service recognise its own list cursors. A rotation would only break the lists that are being read.',
    });
  }

  /** Lets `fn` make cursors and recognise its own. */
  grantRead(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.urlSigningKeySecret, this.secret.secretArn);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [this.secret.secretArn],
      }),
    );
  }
}
