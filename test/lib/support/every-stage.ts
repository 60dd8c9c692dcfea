/** Stages that between them have everything that a template may hold: those of lib/stages.ts, and made-up ones with every setting. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readStage } from '../../../lib/stage/read-stage.ts';
import type { StageInput } from '../../../lib/stage/stage-settings.ts';
import { makeStage, type StageStacks } from '../../../lib/stage-stacks.ts';
import { STAGES } from '../../../lib/stages.ts';

const cdkJson = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'cdk.json'), 'utf8'),
);
const ACCOUNT = '123456789012';
const CERTIFICATE = `${ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012`;

export interface StageCase {
  readonly name: string;
  readonly input: StageInput;
  readonly region: string;
}

/** Everything a stage may have that does not exclude another. */
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
  },
};

/** Nothing of it. */
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

/** A CDN in the region that takes its logs. */
export const VIRGINIA: StageCase = {
  name: 'virginia',
  region: 'us-east-1',
  input: { downloads: 'cdn' },
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

export interface StageTemplates {
  readonly service: Template;
  readonly replica?: Template;
}

const made = new Map<StageCase, StageTemplates>();

/** Made once for each: it takes a second. */
export function templatesOf(stage: StageCase): StageTemplates {
  const templates =
    made.get(stage) ??
    withStage(stage, (_app, { service, replica }) => ({
      service: Template.fromStack(service),
      ...(replica === undefined ? {} : { replica: Template.fromStack(replica) }),
    }));
  made.set(stage, templates);
  return templates;
}

/** Makes the stacks in an app whose output is removed when `look` has looked. @param look may synthesise the app */
export function withStage<Result>(
  { name, input, region }: StageCase,
  look: (app: App, stacks: StageStacks) => Result,
) {
  const outdir = mkdtempSync(join(tmpdir(), 'stowage-cdk-'));
  try {
    const app = new App({ outdir, context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
    return look(
      app,
      makeStage(app, readStage({ [name]: input }, { stage: name }), { account: ACCOUNT, region }),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
