/** Gives the function that answers for security.txt the contact of its stage. */
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ENV } from '../../open/settings/env.ts';
import type { StageSettings } from '../stage/stage-settings.ts';

export function passSecurityContact(fn: LambdaFunction, stage: StageSettings): void {
  const { securityContact, securityPolicy, securityLanguages } = stage;
  if (securityContact !== undefined) fn.addEnvironment(ENV.securityContact, securityContact);
  if (securityPolicy !== undefined) fn.addEnvironment(ENV.securityPolicy, securityPolicy);
  if (securityLanguages !== undefined) fn.addEnvironment(ENV.securityLanguages, securityLanguages);
}
