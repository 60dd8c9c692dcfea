/** A bucket that is given, not made: its policy, its events, and what CDK can know to be wrong. */
import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Bucket, BucketPolicy, type CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** The interface lacks what `exactOptionalPropertyTypes` asks of the class. */
export type AnyBucket = Bucket | IBucket;

/**
 * Gives the bucket a policy where it was imported, and has it send events where it is made in the
 * same stack. Nothing can be known of an imported one, nor changed but its policy.
 */
export function takeBucket(scope: Construct, bucket: AnyBucket): void {
  const resource = resourceOf(bucket);
  scope.node.addValidation({ validate: () => faultsOf(scope, bucket, resource) });
  if (resource === undefined)
    bucket.policy = new BucketPolicy(scope, 'Policy', { bucket: bucket as IBucket });
  else {
    resource.addPropertyOverride(
      'NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled',
      true,
    );
  }
  // As `enforceSSL` says it: where that is set too, CDK writes it once.
  bucket.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:*'],
      resources: [bucket.bucketArn, bucket.arnForObjects('*')],
      conditions: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  );
}

/** The bucket's ARN as rules of cdk-nag write it. */
export function nameInFindings(bucket: AnyBucket): string {
  const resource = resourceOf(bucket);
  if (resource !== undefined) return `<${Stack.of(bucket).getLogicalId(resource)}.Arn>`;
  // A flag of the app decides whether a partition is named.
  const { partition } = Stack.of(bucket);
  const named = Token.isUnresolved(partition) ? '<AWS::Partition>' : partition;
  return `arn:${named}:s3:::${bucket.bucketName}`;
}

/** Undefined where the bucket was imported. */
function resourceOf(bucket: AnyBucket): CfnBucket | undefined {
  const child = bucket.node.defaultChild;
  const isBucket =
    child !== undefined &&
    CfnResource.isCfnResource(child) &&
    child.cfnResourceType === 'AWS::S3::Bucket';
  return isBucket ? (child as CfnBucket) : undefined;
}

function faultsOf(scope: Construct, bucket: AnyBucket, resource: CfnBucket | undefined): string[] {
  const stack = Stack.of(scope);
  const claim = (holds: boolean, text: string) => (holds ? [] : [`bucket: ${text}`]);
  const { region } = bucket.env;
  const known = ![region, stack.region].some((one) => Token.isUnresolved(one));
  const isHere = claim(
    !known || region === stack.region,
    `is in ${region}, allowed: one in the region of the stack (${stack.region})`,
  );
  if (resource === undefined) return isHere;
  const { status } = (stack.resolve(resource.versioningConfiguration) ?? {}) as {
    readonly status?: unknown;
  };
  return [
    ...isHere,
    ...claim(
      Stack.of(bucket) === stack,
      `is made in stack ${Stack.of(bucket).stackName}, allowed: one of the same stack, or Bucket.fromBucketName: its policy names roles of this stack`,
    ),
    ...claim(
      status === 'Enabled',
      'keeps no versions, allowed: one with `versioned: true`, which a delete relies on',
    ),
    ...claim(
      resource.publicAccessBlockConfiguration !== undefined,
      'may be opened to the public, allowed: one with `blockPublicAccess: BlockPublicAccess.BLOCK_ALL`',
    ),
  ];
}
