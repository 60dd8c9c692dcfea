/**
 * The stages that can be deployed: edit this file. lib/stage/stage-settings.ts lists the settings
 * and their defaults.
 */
import type { StageInput } from './stage/stage-settings.ts';

/** `npx cdk deploy Stowage-prod -c stage=prod` deploys `prod`; without `-c`, the stage is `dev`. */
export const STAGES: Readonly<Record<string, StageInput>> = {
  /**
   * For trying things out. As in every stage, its bucket and its table outlive `cdk destroy` unless
   * `retainState` is false.
   */
  dev: {},
  prod: {
    deletionProtection: true,
    logRetentionDays: 90,
  },
};
