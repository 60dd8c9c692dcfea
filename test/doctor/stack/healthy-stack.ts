/** The facts of a deployed stack that has everything, and in which nothing is wrong. */
import { ALL_CHECKS } from '../../../doctor/stack/all-checks.ts';
import { judgeStack } from '../../../doctor/stack/facts/check.ts';
import {
  type CdnFacts,
  known,
  PUBLIC_ACCESS_BLOCKS,
  type StackFacts,
  type Statement,
  type WantedBucket,
} from '../../../doctor/stack/facts/facts.ts';
import type { StackFinding } from '../../../doctor/stack/facts/report.ts';

export const NOW = new Date('2026-11-28T12:00:00Z');
const BUCKET_ARN = 'arn:aws:s3:::releases';
export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:Alarms';

export function daysFromNow(days: number): Date {
  return new Date(NOW.getTime() + days * 86_400_000);
}

export const POLICY: readonly Statement[] = [
  {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:*',
    Resource: [BUCKET_ARN, `${BUCKET_ARN}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
  {
    Sid: 'RefuseOverwriting',
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:PutObject',
    Resource: `${BUCKET_ARN}/packages/*`,
    Condition: {
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    },
  },
  {
    Sid: 'RefuseYanked',
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: ['s3:GetObject', 's3:GetObjectVersion'],
    Resource: `${BUCKET_ARN}/packages/*`,
    Condition: {
      StringEquals: { 's3:ExistingObjectTag/stowage-yanked': 'true' },
      ArnNotEquals: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/Admin'] },
    },
  },
];

export const BUCKET: WantedBucket = {
  cors: [{ origins: ['https://a.example'], methods: ['PUT', 'GET', 'HEAD'], exposed: ['ETag'] }],
  lifecycle: [
    { id: 'abort-stale-uploads', enabled: true, abortUploadsDays: 8 },
    { id: 'expire-old-versions', enabled: true, oldVersionDays: 30 },
  ],
  encryption: { algorithm: 'AES256', bucketKey: false },
  policy: { statements: POLICY, isWhole: true },
  replicates: true,
};

export const CDN: CdnFacts = {
  enabled: known(true),
  trustedKeyGroups: known(['group']),
  keyGroupId: 'group',
  groupKeyIds: known(['K1', 'K2']),
  keyring: known({
    keys: [
      { name: 'one', keyId: 'K1', state: 'signing', isInGroup: true, isReadable: true },
      { name: 'two', keyId: 'K2', state: 'joining', isInGroup: true, isReadable: true },
    ],
    unreadable: 0,
    strangers: [],
    next: { kind: 'promote', key: 'two', dueAt: daysFromNow(60).toISOString() },
  }),
  publicKeys: known(2),
  keyGroups: known(1),
  quotas: known({ publicKeys: 10, keyGroups: 10 }),
};

export const HEALTHY: StackFacts = {
  now: NOW,
  stack: {
    name: 'Stowage-prod',
    id: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/Stowage-prod/1',
    status: 'UPDATE_COMPLETE',
    drift: 'IN_SYNC',
    outputs: { Region: 'eu-central-1' },
  },
  wanted: known({
    bucket: BUCKET,
    deletionProtection: true,
    logRetentionDays: { 'Publish-Logs': 90 },
    apiCertificates: {},
  }),
  bucket: {
    policy: known(POLICY),
    publicAccessBlocks: known(PUBLIC_ACCESS_BLOCKS),
    versioning: known('Enabled'),
    lifecycle: known(BUCKET.lifecycle),
    cors: known(BUCKET.cors),
    encryption: known(BUCKET.encryption),
    replication: known([
      { enabled: true, destination: 'copies', destinationVersioning: known('Enabled') },
    ]),
  },
  table: {
    faults: known([]),
    deletionProtection: known(true),
    pointInTimeRecovery: known('ENABLED'),
    expiryAttribute: known('expiresAtSeconds'),
  },
  cdn: CDN,
  certificates: known([
    {
      domain: 'cdn.example.com',
      arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
      status: 'ISSUED',
      expiresAt: daysFromNow(200),
      renewal: 'ELIGIBLE',
    },
  ]),
  domains: [{ name: 'cdn.example.com', target: 'd1.cloudfront.net', leadsTo: { kind: 'target' } }],
  alarms: known({
    found: [
      {
        name: 'DeadLetters',
        state: 'OK',
        since: daysFromNow(-20),
        actionsEnabled: true,
        actions: [TOPIC],
      },
    ],
    gone: [],
  }),
  topics: known([{ arn: TOPIC, confirmed: 1, pending: 0 }]),
  deadLetters: known([{ queue: 'DeadLetters', messages: 0 }]),
  functions: known([{ name: 'Publish', runtime: 'nodejs24.x' }]),
  concurrency: known({ limit: 1000, unreserved: 900 }),
  logGroups: known([{ name: 'Publish-Logs', retentionDays: 90 }]),
};

/** What a check finds; `change` is laid over the healthy stack. */
export function findingOf(id: string, change: Partial<StackFacts> = {}): StackFinding {
  const facts = { ...HEALTHY, ...change };
  const finding = judgeStack(ALL_CHECKS, facts).find((one) => one.id === id);
  if (finding === undefined) throw new Error(`no check is called ${id}`);
  return finding;
}
