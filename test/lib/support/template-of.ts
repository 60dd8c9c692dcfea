/** Synthesises a stage as `cdk synth` would, without bundling its functions. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ServiceStack } from '../../../lib/service-stack.ts';
import { readStage } from '../../../lib/stage/read-stage.ts';
import type { StageInput } from '../../../lib/stage/stage-settings.ts';

const cdkJson = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'cdk.json'), 'utf8'),
);

const ENVIRONMENT = { account: '123456789012', region: 'eu-central-1' } as const;

/** With the feature flags of cdk.json, so that what is tested is what is deployed; what synthesis writes to disk is removed. */
export function synthesised(make: (app: App) => Stack): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'stowage-cdk-'));
  try {
    const app = new App({ outdir, context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
    return Template.fromStack(make(app));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const made = new Map<string, Template>();

/** Of a stage with these settings. Made once for each: it takes half a second. */
export function templateOf(input: StageInput = {}): Template {
  const key = JSON.stringify(input);
  const template = made.get(key) ?? synthesised((app) => stackOf(app, input));
  made.set(key, template);
  return template;
}

function stackOf(app: App, input: StageInput = {}): ServiceStack {
  const stage = readStage({ test: input }, { stage: 'test' });
  return new ServiceStack(app, 'Stowage-test', { stage, env: ENVIRONMENT });
}
