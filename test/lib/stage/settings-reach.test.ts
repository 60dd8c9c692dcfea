/** Every setting of a stage changes what is deployed. */
import { describe, expect, test } from '@jest/globals';
import { readStage } from '../../../lib/stage/read-stage.ts';
import type { StageInput, StageSettings } from '../../../lib/stage/stage-settings.ts';
import { EVERY_STAGE, type StageCase } from '../support/every-stage.ts';
import { templatesOf } from '../support/templates.ts';

const CERTIFICATE = '123456789012:certificate/12345678-1234-1234-1234-123456789012';

/** For each setting a value that is not its default. */
const OTHERWISE: Readonly<
  Record<Exclude<keyof StageSettings, 'name' | 'account' | 'region'>, StageInput>
> = {
  apiDomainName: {
    apiDomainName: 'a.example.com',
    apiCertificateArn: `arn:aws:acm:eu-central-1:${CERTIFICATE}`,
  },
  apiCertificateArn: {
    apiDomainName: 'a.example.com',
    apiCertificateArn: `arn:aws:acm:eu-central-1:${CERTIFICATE.replace('1', '2')}`,
  },
  cdnDomainName: {
    cdnDomainName: 'd.example.com',
    cdnCertificateArn: `arn:aws:acm:us-east-1:${CERTIFICATE}`,
  },
  cdnCertificateArn: {
    cdnDomainName: 'd.example.com',
    cdnCertificateArn: `arn:aws-us-gov:acm:us-east-1:${CERTIFICATE}`,
  },
  downloads: { downloads: 's3' },
  priceClass: { priceClass: 'all' },
  publicDownloads: { publicDownloads: true },
  corsOrigins: { corsOrigins: ['*'] },
  linkTtlSeconds: { linkTtlSeconds: 301 },
  uploadTtlSeconds: { uploadTtlSeconds: 899 },
  uploadRetentionSeconds: { uploadRetentionSeconds: 604_801 },
  maxPackageBytes: { maxPackageBytes: 1 },
  singleUploadBytes: { singleUploadBytes: 1 },
  maxPendingBytes: { maxPendingBytes: 1 },
  maxPendingBytesPerToken: { maxPendingBytesPerToken: 1 },
  auditRetentionDays: { auditRetentionDays: 30 },
  throttles: { throttles: { others: { ratePerSecond: 1, burst: 1 } } },
  reservedConcurrency: { reservedConcurrency: { publish: 1 } },
  verificationConcurrency: { verificationConcurrency: 3 },
  retainState: { retainState: false },
  deletionProtection: { deletionProtection: true },
  oldVersionDays: { oldVersionDays: 31 },
  logRetentionDays: { logRetentionDays: 7 },
  logLevel: { logLevel: 'warn' },
  bucketKeyArn: {
    downloads: 's3',
    bucketKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/12345678-1234-1234-1234-123456789012',
  },
  replicaRegion: { region: 'eu-central-1', replicaRegion: 'eu-west-1' },
  replicaStorageClass: {
    region: 'eu-central-1',
    replicaRegion: 'eu-west-1',
    replicaStorageClass: 'STANDARD',
  },
  tracing: { tracing: 'all' },
  events: { events: true },
  console: { console: false },
  cdnKeyOverlapSeconds: { cdnKeyOverlapSeconds: 3601 },
  cdnKeyRotationDays: { cdnKeyRotationDays: 91 },
  securityContact: { securityContact: 'mailto:security@example.com' },
  securityPolicy: {
    securityContact: 'mailto:security@example.com',
    securityPolicy: 'https://example.com/security',
  },
  securityLanguages: {
    securityContact: 'mailto:security@example.com',
    securityLanguages: 'en, de',
  },
  alarmEmail: { alarmEmail: 'ops@example.com' },
};

function deployedBy(inputs: readonly StageInput[]): readonly string[] {
  const stages = inputs.map(
    (input): StageCase => ({ name: 'test', region: 'eu-central-1', input }),
  );
  return stages.map((stage) => JSON.stringify(templatesOf(stage).service.toJSON()));
}

describe('a setting of a stage', () => {
  const [byDefault, ...deployed] = deployedBy([{}, ...Object.values(OTHERWISE)]);

  // Compared with each other, too: some settings need others, and those alone would be a change.
  test.each(Object.keys(OTHERWISE).map((setting, index) => ({ setting, index })))(
    '$setting changes what is deployed',
    ({ index }) => {
      const others = [byDefault, ...deployed.toSpliced(index, 1)];

      expect(others).not.toContain(deployed[index]);
    },
  );

  test('is here wherever a stage uses it', () => {
    const used = EVERY_STAGE.flatMap(({ input }) =>
      Object.keys(readStage({ test: input }, { stage: 'test' })),
    );

    expect(
      used.filter(
        (setting) => !['name', 'account', 'region', ...Object.keys(OTHERWISE)].includes(setting),
      ),
    ).toEqual([]);
  });
});
