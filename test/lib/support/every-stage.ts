/** Stages that together use every setting: those of lib/stages.ts, and others for tests only. */
import type { StageInput } from '../../../lib/stage/stage-settings.ts';
import { STAGES } from '../../../lib/stages.ts';

const ACCOUNT = '123456789012';
const CERTIFICATE = `${ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012`;

export interface StageCase {
  readonly name: string;
  readonly input: StageInput;
  readonly region: string;
}

/** Every setting that can be combined with the others. */
export const FULL: StageCase = {
  name: 'full',
  region: 'eu-central-1',
  input: {
    region: 'eu-central-1',
    replicaRegion: 'eu-west-1',
    downloads: 'cdn',
    apiDomainName: 'packages.example.com',
    apiCertificateArn: `arn:aws:acm:eu-central-1:${CERTIFICATE}`,
    cdnDomainName: 'dl.example.com',
    cdnCertificateArn: `arn:aws:acm:us-east-1:${CERTIFICATE}`,
    corsOrigins: ['https://app.example.com'],
    alarmEmail: 'ops@example.com',
    deletionProtection: true,
    reservedConcurrency: { verify: 5 },
    events: true,
  },
};

/** As little as a stage may have. */
export const LEAN: StageCase = {
  name: 'lean',
  region: 'us-east-1',
  input: {
    downloads: 's3',
    retainState: false,
    publicDownloads: true,
    bucketKeyArn: `arn:aws:kms:us-east-1:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`,
  },
};

/** A CDN in the region that accepts its logs. */
export const VIRGINIA: StageCase = {
  name: 'virginia',
  region: 'us-east-1',
  input: { downloads: 'cdn' },
};

/** All that alarms watch, in the region in which CloudFront has its metrics. */
export const WATCHED: StageCase = {
  name: 'watched',
  region: 'us-east-1',
  input: {
    region: 'us-east-1',
    replicaRegion: 'us-west-2',
    apiDomainName: 'packages.example.com',
    apiCertificateArn: `arn:aws:acm:us-east-1:${CERTIFICATE}`,
    cdnDomainName: 'dl.example.com',
    cdnCertificateArn: `arn:aws:acm:us-east-1:${CERTIFICATE.replace('12345678', '87654321')}`,
  },
};

export const EVERY_STAGE: readonly StageCase[] = [
  ...Object.entries(STAGES).map(([name, input]) => ({
    name,
    input,
    region: input.region ?? 'us-east-1',
  })),
  VIRGINIA,
  FULL,
  LEAN,
];
