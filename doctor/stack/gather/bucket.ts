/** Asks S3 for the settings of the bucket of packages. */
import {
  type CORSRule,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  S3Client,
  type LifecycleRule as S3Rule,
} from '@aws-sdk/client-s3';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { type AwsOptions, clientOptions } from '../../../storage/aws/client-options.ts';
import { isAwsError } from '../../../storage/aws/errors.ts';
import {
  type BucketFacts,
  type CorsRule,
  type Fact,
  type LifecycleRule,
  PUBLIC_ACCESS_BLOCKS,
  type ReplicationRule,
  type Statement,
} from '../facts/facts.ts';
import { ask } from './ask.ts';

export async function gatherBucket(
  Bucket: string,
  options: AwsOptions,
  signal: AbortSignal,
): Promise<BucketFacts> {
  // A replica is in another region.
  const client = new S3Client({ ...clientOptions(options), followRegionRedirects: true });
  const versioningOf = (name: string) =>
    ask('s3:GetBucketVersioning', signal, async () => {
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: name }));
      return Status ?? 'never enabled';
    });
  try {
    const [policy, publicAccessBlocks, versioning, lifecycle, cors, encryption, replication] =
      await Promise.all([
        ask('s3:GetBucketPolicy', signal, async () => {
          const answer = await orAbsent('NoSuchBucketPolicy', () =>
            client.send(new GetBucketPolicyCommand({ Bucket })),
          );
          return answer && statementsIn(answer.Policy ?? '{}');
        }),
        ask('s3:GetBucketPublicAccessBlock', signal, async () => {
          const answer = await orAbsent('NoSuchPublicAccessBlockConfiguration', () =>
            client.send(new GetPublicAccessBlockCommand({ Bucket })),
          );
          const blocks = answer?.PublicAccessBlockConfiguration ?? {};
          return PUBLIC_ACCESS_BLOCKS.filter((block) => blocks[block] === true);
        }),
        versioningOf(Bucket),
        ask('s3:GetLifecycleConfiguration', signal, async () => {
          const answer = await orAbsent('NoSuchLifecycleConfiguration', () =>
            client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
          );
          return (answer?.Rules ?? []).map(lifecycleRule);
        }),
        ask('s3:GetBucketCORS', signal, async () => {
          const answer = await orAbsent('NoSuchCORSConfiguration', () =>
            client.send(new GetBucketCorsCommand({ Bucket })),
          );
          return (answer?.CORSRules ?? []).map(corsRule);
        }),
        ask('s3:GetEncryptionConfiguration', signal, async () => {
          const answer = await orAbsent('ServerSideEncryptionConfigurationNotFoundError', () =>
            client.send(new GetBucketEncryptionCommand({ Bucket })),
          );
          const [rule] = answer?.ServerSideEncryptionConfiguration?.Rules ?? [];
          const algorithm = rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
          if (algorithm === undefined) return undefined;
          return { algorithm, bucketKey: rule?.BucketKeyEnabled === true };
        }),
        ask('s3:GetReplicationConfiguration', signal, async () => {
          const answer = await orAbsent('ReplicationConfigurationNotFoundError', () =>
            client.send(new GetBucketReplicationCommand({ Bucket })),
          );
          return (answer?.ReplicationConfiguration?.Rules ?? []).map((rule) => ({
            enabled: rule.Status === 'Enabled',
            destination: rule.Destination?.Bucket?.split(':').at(-1) ?? '',
          }));
        }),
      ]);
    return {
      policy,
      publicAccessBlocks,
      versioning,
      lifecycle,
      cors,
      encryption,
      replication: await withVersioning(replication, versioningOf),
    };
  } finally {
    client.destroy();
  }
}

/** What S3 says of a setting that was never made is no refusal. */
async function orAbsent<Answer>(
  code: string,
  work: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAwsError(error, code)) return undefined;
    throw error;
  }
}

async function withVersioning(
  rules: Fact<readonly Omit<ReplicationRule, 'destinationVersioning'>[]>,
  versioningOf: (bucket: string) => Promise<Fact<string>>,
): Promise<Fact<readonly ReplicationRule[]>> {
  if ('unknown' in rules) return rules;
  const value = rules.value.map(async (rule) => ({
    ...rule,
    destinationVersioning: await versioningOf(rule.destination),
  }));
  return { value: await Promise.all(value) };
}

function statementsIn(policy: string): readonly Statement[] {
  const { Statement = [] }: { Statement?: Statement | readonly Statement[] } = JSON.parse(policy);
  return [Statement].flat();
}

function corsRule({ AllowedOrigins, AllowedMethods, ExposeHeaders }: CORSRule): CorsRule {
  return {
    origins: AllowedOrigins ?? [],
    methods: AllowedMethods ?? [],
    exposed: ExposeHeaders ?? [],
  };
}

function lifecycleRule(rule: S3Rule): LifecycleRule {
  const { Expiration, Transitions: [transition] = [] } = rule;
  const days = Expiration?.Days ?? Expiration?.Date?.toISOString();
  const touchesCurrent =
    days === undefined
      ? transition && `moves current objects to ${transition.StorageClass}`
      : `removes current objects (${days})`;
  return {
    id: rule.ID ?? 'without a name',
    enabled: rule.Status === 'Enabled',
    ...withoutUndefined({
      abortUploadsDays: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
      oldVersionDays: rule.NoncurrentVersionExpiration?.NoncurrentDays,
      touchesCurrent,
    }),
  };
}
