/** What the policy of the bucket of packages refuses to every role, whatever its rights are. */
import { Lazy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { YANK_TAG } from '../../core/layout.ts';
import type { AnyBucket } from './given-bucket.ts';

/**
 * No object is overwritten. The second condition exempts requests that begin an upload or carry a
 * part:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
export function refuseOverwriting(bucket: AnyBucket, keys: string): void {
  refuse(bucket, keys, 'RefuseOverwriting', ['s3:PutObject'], {
    Null: { 's3:if-none-match': 'true' },
    Bool: { 's3:ObjectCreationOperation': 'true' },
  });
}

/**
 * Stops links that were issued before the yank, no matter which role signed them.
 * @param spared roles that must read what they remove; the list is read when the template is
 * written
 */
export function refuseYanked(bucket: AnyBucket, keys: string, spared: readonly IRole[]): void {
  const arns = () => spared.map(({ roleArn }) => roleArn);
  refuse(bucket, keys, 'RefuseYanked', ['s3:GetObject', 's3:GetObjectVersion'], {
    StringEquals: { [`s3:ExistingObjectTag/${YANK_TAG.key}`]: YANK_TAG.value },
    ArnNotEquals: Lazy.any({
      produce: () => (spared.length === 0 ? undefined : { 'aws:PrincipalArn': arns() }),
    }),
  });
}

function refuse(
  bucket: AnyBucket,
  keys: string,
  sid: string,
  actions: string[],
  conditions: Record<string, unknown>,
): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions,
      resources: [bucket.arnForObjects(keys)],
      conditions,
    }),
  );
}
