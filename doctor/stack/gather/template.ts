/**
 * Reads from the template of a deployed stack what its resources should be. Names that only a
 * deployment knows are put in where they can be.
 */
import { z } from 'zod';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import type {
  CorsRule,
  Encryption,
  LifecycleRule,
  StackResource,
  Statement,
  Wanted,
  WantedBucket,
} from '../facts/facts.ts';

const TEMPLATE = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});
type Properties = Readonly<Record<string, unknown>>;

const BUCKET = z.object({
  CorsConfiguration: z
    .object({
      CorsRules: z.array(
        z.object({
          AllowedOrigins: z.array(z.string()),
          AllowedMethods: z.array(z.string()),
          ExposedHeaders: z.array(z.string()).default([]),
        }),
      ),
    })
    .optional(),
  LifecycleConfiguration: z
    .object({
      Rules: z.array(
        z.object({
          Id: z.string().default('without a name'),
          Status: z.string(),
          AbortIncompleteMultipartUpload: z.object({ DaysAfterInitiation: z.number() }).optional(),
          NoncurrentVersionExpiration: z.object({ NoncurrentDays: z.number() }).optional(),
        }),
      ),
    })
    .optional(),
  BucketEncryption: z
    .object({
      ServerSideEncryptionConfiguration: z.array(
        z.object({
          BucketKeyEnabled: z.boolean().default(false),
          ServerSideEncryptionByDefault: z.object({ SSEAlgorithm: z.string() }),
        }),
      ),
    })
    .optional(),
  ReplicationConfiguration: z.unknown().optional(),
});
const POLICY = z.object({
  PolicyDocument: z.object({ Statement: z.array(z.record(z.string(), z.unknown())) }),
});
const TABLE = z.object({
  DeletionProtectionEnabled: z.boolean().optional(),
  // A global table has it per region.
  Replicas: z.array(z.object({ DeletionProtectionEnabled: z.boolean().optional() })).optional(),
});
const LOG_GROUP = z.object({ RetentionInDays: z.number().optional() });
const DOMAIN = z.object({
  DomainName: z.string(),
  DomainNameConfigurations: z.array(z.object({ CertificateArn: z.string().optional() })),
});

/** Without encryption of its own S3 encrypts a bucket like this. */
const OF_S3: Encryption = { algorithm: 'AES256', bucketKey: false };

/** The stack that a template was deployed as. */
export interface Deployed {
  readonly id: string;
  readonly name: string;
  readonly resources: readonly StackResource[];
  readonly bucketName: string;
  readonly tableName: string;
}

/** @throws ZodError, SyntaxError if it is not a template as CDK writes it */
export function readTemplate(text: string, deployed: Deployed): Wanted {
  const { Resources } = TEMPLATE.parse(JSON.parse(text));
  const resolve = resolver(deployed);
  const physical = new Map(deployed.resources.map((one) => [one.logicalId, one.physicalId]));
  const ofType = (...types: readonly string[]) =>
    Object.entries(Resources).flatMap(([logicalId, { Type, Properties }]) =>
      types.includes(Type)
        ? [
            {
              physicalId: physical.get(logicalId) ?? '',
              properties: resolve(Properties) as Properties,
            },
          ]
        : [],
    );
  const bucket = ofType('AWS::S3::Bucket').find(
    ({ physicalId }) => physicalId === deployed.bucketName,
  );
  const policies = ofType('AWS::S3::BucketPolicy').filter(
    ({ properties }) => properties['Bucket'] === deployed.bucketName,
  );
  const [table] = ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').filter(
    ({ physicalId }) => physicalId === deployed.tableName,
  );
  return {
    bucket:
      bucket &&
      wantedBucket(
        bucket.properties,
        policies.map(({ properties }) => properties),
      ),
    deletionProtection: table && isProtected(table.properties),
    logRetentionDays: Object.fromEntries(
      ofType('AWS::Logs::LogGroup').map(({ physicalId, properties }) => [
        physicalId,
        LOG_GROUP.parse(properties).RetentionInDays,
      ]),
    ),
    apiCertificates: Object.fromEntries(
      ofType('AWS::ApiGatewayV2::DomainName').flatMap(({ properties }) => {
        const { DomainName, DomainNameConfigurations } = DOMAIN.parse(properties);
        return DomainNameConfigurations.flatMap(({ CertificateArn: arn }) =>
          arn === undefined ? [] : [[DomainName, arn] as const],
        );
      }),
    ),
  };
}

function wantedBucket(properties: Properties, policies: readonly Properties[]): WantedBucket {
  const bucket = BUCKET.parse(properties);
  const [encryption] = bucket.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  const statements = policies.flatMap((one) => POLICY.parse(one).PolicyDocument.Statement);
  return {
    cors: (bucket.CorsConfiguration?.CorsRules ?? []).map(
      (rule): CorsRule => ({
        origins: rule.AllowedOrigins,
        methods: rule.AllowedMethods,
        exposed: rule.ExposedHeaders,
      }),
    ),
    lifecycle: (bucket.LifecycleConfiguration?.Rules ?? []).map(
      (rule): LifecycleRule => ({
        id: rule.Id,
        enabled: rule.Status === 'Enabled',
        ...withoutUndefined({
          abortUploadsDays: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
          oldVersionDays: rule.NoncurrentVersionExpiration?.NoncurrentDays,
        }),
      }),
    ),
    encryption:
      encryption === undefined
        ? OF_S3
        : {
            algorithm: encryption.ServerSideEncryptionByDefault.SSEAlgorithm,
            bucketKey: encryption.BucketKeyEnabled,
          },
    policy: { statements: statements as readonly Statement[], isWhole: isResolved(statements) },
    replicates: bucket.ReplicationConfiguration !== undefined,
  };
}

function isProtected(properties: Properties): boolean {
  const { DeletionProtectionEnabled, Replicas = [] } = TABLE.parse(properties);
  return (
    DeletionProtectionEnabled ??
    Replicas.some((replica) => replica.DeletionProtectionEnabled === true)
  );
}

/** @returns a function that puts in references as CloudFormation does; others stay as they are */
function resolver({ id, name, resources }: Deployed): (value: unknown) => unknown {
  // arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/ID
  const [, partition = '', , region = '', account = ''] = id.split(':');
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Partition': partition,
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::StackName': name,
    'AWS::StackId': id,
  };
  const byName = new Map(resources.map((one) => [one.logicalId, one]));
  const reference = (logicalId: string) => pseudo[logicalId] ?? byName.get(logicalId)?.physicalId;
  const arnOf = (logicalId: string) => {
    const { type = '', physicalId = '' } = byName.get(logicalId) ?? {};
    if (type === 'AWS::S3::Bucket') return `arn:${partition}:s3:::${physicalId}`;
    return type === 'AWS::IAM::Role'
      ? `arn:${partition}:iam::${account}:role/${physicalId}`
      : undefined;
  };
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const [first, ...others] = Object.entries(value);
    if (first !== undefined && others.length === 0) {
      const [key, argument] = first;
      if (key === 'Ref' && typeof argument === 'string') return reference(argument) ?? value;
      if (key === 'Fn::GetAtt' && Array.isArray(argument)) {
        const [logicalId, attribute] = argument;
        return (attribute === 'Arn' ? arnOf(String(logicalId)) : undefined) ?? value;
      }
      if (key === 'Fn::Join' && Array.isArray(argument)) return joined(resolve(argument)) ?? value;
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  };
  return resolve;
}

function joined(argument: unknown): string | undefined {
  const join = z.tuple([z.string(), z.array(z.string())]).safeParse(argument);
  return join.success ? join.data[1].join(join.data[0]) : undefined;
}

/** Whether no reference is left. */
function isResolved(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isResolved);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(
    ([key, inner]) => key !== 'Ref' && !key.startsWith('Fn::') && isResolved(inner),
  );
}
