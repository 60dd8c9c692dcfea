/**
 * One call of the key rotation: on schedule, or from an operator who wants to rotate now or to look.
 * Answer and log must not hold a private key.
 */
import {
  describeKeys,
  describeStep,
  type KeyringDescription,
  type StepDescription,
} from '../../core/cdn-keys/describe-keys.ts';
import { distrustKey } from '../../core/cdn-keys/distrust-key.ts';
import { nextStep, type RotationStep } from '../../core/cdn-keys/next-step.ts';
import { type Rotation, type RotationDeps, rotateOnce } from '../../core/cdn-keys/rotate.ts';
import type { Log } from '../../service/host/log.ts';
import { METRICS } from '../metrics/metric-names.ts';
import type { WriteMetrics } from '../metrics/write-metrics.ts';

/** What an operator's call may ask for; the event of the schedule sets none of these. */
export interface RotationOrder {
  /** Let the spare sign as soon as that is safe. */
  readonly rotate?: boolean;
  /** Change nothing. */
  readonly show?: boolean;
  /** Distrust this key at once (its name, or CloudFront's id), then take the next step. */
  readonly distrust?: string;
}

export interface RotationAnswer extends KeyringDescription {
  /** The step that was taken; absent where the call only looked. */
  readonly taken?: StepDescription & {
    readonly outcome: Rotation['outcome'];
    readonly reason?: string;
  };
}

/** @throws ServiceError where a step failed; the next call continues from there */
export async function runRotation(
  deps: RotationDeps,
  order: RotationOrder,
  log: Log,
  measure: WriteMetrics,
): Promise<RotationAnswer> {
  if (order.show === true) return describe(deps);
  if (order.distrust !== undefined) {
    await distrustKey(deps, order.distrust);
    log.warn(
      { key: order.distrust },
      'keys of the CDN: a key is given up; links that it signed stop',
    );
  }
  const rotation = await measured(deps, measure, () => rotateOnce(deps, order.rotate === true));
  const { outcome, reason, step } = rotation;
  const taken = { ...describeStep(step), outcome, ...(reason === undefined ? {} : { reason }) };
  log[outcome === 'refused' ? 'warn' : 'info'](taken, `keys of the CDN: ${taken.kind} ${outcome}`);
  const now = await describe(deps);
  if (now.unreadable > 0)
    log.warn({ unreadable: now.unreadable }, 'the keyring holds entries that can not be read');
  return { taken, ...now };
}

/** A step that was done, or is not due yet, is not overdue. One that fails is, from its due time. */
async function measured(
  deps: RotationDeps,
  measure: WriteMetrics,
  work: () => Promise<Rotation>,
): Promise<Rotation> {
  const late = (step: RotationStep) =>
    Math.max(0, Math.round((deps.clock().getTime() - step.dueAt.getTime()) / 1000));
  try {
    const rotation = await work();
    const isFine = rotation.outcome === 'done' || rotation.outcome === 'waiting';
    measure({ [METRICS.keyStepOverdueSeconds]: isFine ? 0 : late(rotation.step) });
    return rotation;
  } catch (error) {
    const { keyring } = await deps.keyring.read();
    const { keyIds } = await deps.keyGroup.read();
    measure({
      [METRICS.keyStepOverdueSeconds]: late(nextStep(keyring, keyIds, deps.clock(), deps.settings)),
    });
    throw error;
  }
}

async function describe({
  keyring,
  keyGroup,
  clock,
  settings,
}: RotationDeps): Promise<KeyringDescription> {
  const read = await keyring.read();
  return describeKeys(read.keyring, (await keyGroup.read()).keyIds, clock(), settings);
}
