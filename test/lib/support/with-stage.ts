/** Makes stacks inside the test itself, for tests that look at constructs and not only at templates. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readStage } from '../../../lib/stage/read-stage.ts';
import { makeStage, type StageStacks } from '../../../lib/stage-stacks.ts';
import type { StageCase } from './every-stage.ts';

const cdkJson = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'cdk.json'), 'utf8'),
);

const ACCOUNT = '123456789012';

/** @param look may synthesise the app, whose output is removed afterwards */
export function withStage<Result>(
  { name, input, region }: StageCase,
  look: (app: App, stacks: StageStacks) => Result,
): Result {
  return withApp((app) => {
    const stage = readStage({ [name]: input }, { stage: name });
    return look(app, makeStage(app, stage, { account: ACCOUNT, region }));
  });
}

export function synthesised(make: (app: App) => Stack): Template {
  return withApp((app) => Template.fromStack(make(app)));
}

/** With the feature flags of cdk.json, as in a deployment, but without bundles of functions. */
export function withApp<Result>(look: (app: App) => Result): Result {
  const outdir = mkdtempSync(join(tmpdir(), 'stowage-cdk-'));
  try {
    return look(
      new App({ outdir, context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } }),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
