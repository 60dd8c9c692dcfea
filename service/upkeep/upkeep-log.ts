/** Logs what the upkeep did: a sweep, the verification of an upload, and checks. */

import type { CheckRun } from '../../core/checked.ts';
import type { AuditDay, PackageRecord } from '../../core/records.ts';
import type { SweepReport } from '../../core/uploads/sweep.ts';
import type { Log } from '../host/log.ts';

const UNLISTED =
  'the store does not list uploads in parts: those that the catalog knows are swept, others stay until the store removes them';

/** Logs that already have the warning that a store does not list uploads. */
const saidIn = new WeakSet<Log>();

export function reportSweep(
  log: Log,
  { failures, isWhole, unlisted, ...counts }: SweepReport,
): void {
  if (unlisted.length > 0 && !saidIn.has(log)) {
    saidIn.add(log);
    for (const { store, error } of unlisted) log.warn({ store, err: error }, UNLISTED);
  }
  for (const { key, error } of failures)
    log.error({ key, err: error }, 'sweep could not deal with this');
  if (!isWhole) log.warn('sweep ran out of time: the next one goes on');
  const { finished, expired, purged, leftovers } = counts;
  if (finished + expired + purged + leftovers > 0) log.info({ sweep: counts }, 'swept');
}

/** The log then has a copy of each digest that no one can change in the catalog. */
export function reportAuditDays(log: Log, days: readonly AuditDay[]): void {
  for (const { day, count, digest, previous } of days) {
    // The day before a service began says nothing, and its first line is not this one.
    if (previous === '' && count === 0) continue;
    log.info({ auditDay: day, events: count, digest }, 'the audit of a day was closed');
  }
}

/** @param ms how long the checks took */
export function reportCheck(log: Log, run: CheckRun, ms: number): void {
  const { checkId, versionId, channel, state, passed = false } = run;
  log.info({ checkId, versionId, channel, state, passed, ms }, 'checked');
}

/**
 * Logs the audit line of a verification, in the name of the publisher.
 * @param ms the duration of the verification, or of its last step
 */
export function reportVerification(log: Log, record: PackageRecord, ms: number): void {
  const { versionId, packageId, state, createdBy, attemptId, rejection } = record;
  const line = {
    action: 'verifyUpload',
    who: createdBy,
    versionId,
    packageId,
    state,
    attemptId,
    ms,
  };
  if (state === 'available') log.info({ audit: true, ...line });
  else if (state === 'rejected') log.warn({ audit: true, ...line, reason: rejection });
  else log.warn(line, 'verified without a result: the bytes are missing');
}
