/** The stages that can be deployed: edit this file. What a stage leaves out has the default that lib/stage/stage-settings.ts names. */
import type { StageInput } from './stage/stage-settings.ts';

/** `npx cdk deploy` takes `dev`; `npx cdk deploy -c stage=prod` takes another. */
export const STAGES: Readonly<Record<string, StageInput>> = {
  /** For trying things out. Its bucket and its table outlive `cdk destroy`, as everywhere, unless `retainState` is false. */
  dev: {},
  prod: {
    deletionProtection: true,
    logRetentionDays: 90,
  },
};
