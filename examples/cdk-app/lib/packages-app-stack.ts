import * as cdk from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Stowage } from 'stowage/cdk';

/** Your own stack, with a Stowage in it. */
export class PackagesAppStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);

    new Stowage(this, 'Packages');
  }
}
