/**
 * Rotates the CDN's keys, one step per run: a new key joins the keyring, signs after a while, and
 * the old key is removed when its last link has expired.
 */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import { DeadLetters } from '../upkeep/dead-letters.ts';
import { reliably } from '../upkeep/reliably.ts';
import type { CdnKeys } from './cdn-keys.ts';
import type { DownloadCdn } from './download-cdn.ts';

export interface CdnKeyRotationProps {
  readonly stage: StageSettings;
  readonly keys: CdnKeys;
  /** A new key is tried on it before that key signs links for callers. */
  readonly cdn: DownloadCdn;
  /** How often a step is tried; one that is not due does nothing. @default every hour */
  readonly every?: Duration;
}

export class CdnKeyRotation extends Construct {
  readonly rotate: ServiceFunction;
  readonly deadLetters: DeadLetters;

  constructor(
    scope: Construct,
    id: string,
    { stage, keys, cdn, every = Duration.hours(1) }: CdnKeyRotationProps,
  ) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, 'DeadLetters');
    this.rotate = new ServiceFunction(this, 'Rotate', {
      stage,
      entry: 'rotate-cdn-keys',
      description: 'Moves the keys of the CDN on by one step, where one is due',
      timeout: Duration.minutes(2),
    });
    keys.grantRotate(this.rotate);
    cdn.passDomain(this.rotate);
    this.rotate.addEnvironment(ENV.cdnKeyGroupId, keys.keyGroupId);
    this.rotate.addEnvironment(ENV.cdnKeyOverlapSeconds, String(stage.cdnKeyOverlapSeconds));
    this.rotate.addEnvironment(ENV.cdnKeyMaxAgeSeconds, String(stage.cdnKeyRotationDays * 86_400));
    this.rotate.addEnvironment(ENV.linkTtlSeconds, String(stage.linkTtlSeconds));
    new Rule(this, 'Schedule', {
      description: 'Moves the keys of the CDN on',
      schedule: Schedule.rate(every),
      targets: [reliably(this.rotate, this.deadLetters, { maxEventAge: every })],
    });
  }
}
