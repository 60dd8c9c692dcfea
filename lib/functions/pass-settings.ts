/** Passes settings of a stage that are no grants to its functions, as variables of the environment. */
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ENV } from '../../open/settings/env.ts';
import type { StageSettings } from '../stage/stage-settings.ts';

/** The limits of uploads and links. */
export function passLimits(fn: LambdaFunction, stage: StageSettings): void {
  fn.addEnvironment(ENV.linkTtlSeconds, String(stage.linkTtlSeconds));
  fn.addEnvironment(ENV.uploadTtlSeconds, String(stage.uploadTtlSeconds));
  fn.addEnvironment(ENV.uploadRetentionSeconds, String(stage.uploadRetentionSeconds));
  fn.addEnvironment(ENV.maxPackageBytes, String(stage.maxPackageBytes));
  fn.addEnvironment(ENV.auditRetentionDays, String(stage.auditRetentionDays));
  const { maxPendingBytes, maxPendingBytesPerToken, singleUploadBytes } = stage;
  if (singleUploadBytes !== undefined)
    fn.addEnvironment(ENV.singleUploadBytes, String(singleUploadBytes));
  // Otherwise the functions compute a default from the largest package.
  if (maxPendingBytes !== undefined)
    fn.addEnvironment(ENV.maxPendingBytes, String(maxPendingBytes));
  if (maxPendingBytesPerToken !== undefined) {
    fn.addEnvironment(ENV.maxPendingBytesPerToken, String(maxPendingBytesPerToken));
  }
  fn.addEnvironment(ENV.publicDownloads, String(stage.publicDownloads));
}

/** What security.txt says, for the function that serves it. */
export function passSecurityContact(fn: LambdaFunction, stage: StageSettings): void {
  const { securityContact, securityPolicy, securityLanguages } = stage;
  if (securityContact !== undefined) fn.addEnvironment(ENV.securityContact, securityContact);
  if (securityPolicy !== undefined) fn.addEnvironment(ENV.securityPolicy, securityPolicy);
  if (securityLanguages !== undefined) fn.addEnvironment(ENV.securityLanguages, securityLanguages);
}
