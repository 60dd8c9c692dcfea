/** Tells a function what bounds an upload and a link in its stage. */
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ENV } from '../../open/settings/env.ts';
import type { StageSettings } from '../stage/stage-settings.ts';

export function tellLimits(fn: LambdaFunction, stage: StageSettings): void {
  fn.addEnvironment(ENV.linkTtlSeconds, String(stage.linkTtlSeconds));
  fn.addEnvironment(ENV.uploadTtlSeconds, String(stage.uploadTtlSeconds));
  fn.addEnvironment(ENV.uploadRetentionSeconds, String(stage.uploadRetentionSeconds));
  fn.addEnvironment(ENV.maxPackageBytes, String(stage.maxPackageBytes));
  const { maxPendingBytes, maxPendingBytesPerToken } = stage;
  // Else the functions have their own default, which follows the largest package.
  if (maxPendingBytes !== undefined)
    fn.addEnvironment(ENV.maxPendingBytes, String(maxPendingBytes));
  if (maxPendingBytesPerToken !== undefined) {
    fn.addEnvironment(ENV.maxPendingBytesPerToken, String(maxPendingBytesPerToken));
  }
  fn.addEnvironment(ENV.publicDownloads, String(stage.publicDownloads));
}
