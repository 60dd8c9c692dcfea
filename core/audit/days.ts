/**
 * The digest of each day: what was noted on it, chained to the day before. An event that is removed
 * or altered later no longer fits the digest of its day, and an altered digest not the next one.
 */
import { createHash, hash } from 'node:crypto';
import { addSeconds, type Clock, type Timestamp } from '../clock.ts';
import type { Catalog } from '../ports/catalog.ts';
import { everyItem } from '../ports/catalog.ts';
import type { AuditDay, AuditEvent } from '../records.ts';
import { AUDIT_RETENTION_DAYS } from '../settings.ts';
import { withoutUndefined } from '../without-undefined.ts';

const DAY_SECONDS = 86_400;
/** So long after its end a day is complete: no clock is that wrong, and no write takes that long. */
const SETTLING_SECONDS = 600;

export interface DayDeps {
  readonly catalog: Pick<Catalog, 'listAudit' | 'listAuditDays' | 'createAuditDay' | 'forgetAudit'>;
  readonly clock: Clock;
  readonly limits: { readonly auditRetentionDays?: number };
}

/**
 * Writes the digests of the days that ended, and takes away events whose time is over. Repeatable,
 * also by several at the same time.
 * @returns the days that were written now, for the log: a copy that is not in the catalog
 */
export async function closeAuditDays(
  deps: DayDeps,
  hasTime: () => boolean = () => true,
): Promise<readonly AuditDay[]> {
  const { catalog, clock, limits } = deps;
  const { auditRetentionDays: retentionDays = AUDIT_RETENTION_DAYS } = limits;
  const ended = dayBefore(dayOf(addSeconds(clock(), -SETTLING_SECONDS).toISOString()));
  let last = (await catalog.listAuditDays({ limit: 1 })).items.at(0);
  const closed: AuditDay[] = [];
  while ((last === undefined || last.day < ended) && hasTime()) {
    const day: string = last === undefined ? ended : dayAfter(last.day);
    const from = last === undefined ? undefined : startOf(day);
    const sum = new EventSum();
    const range = { to: startOf(dayAfter(day)), ...withoutUndefined({ from }) };
    for await (const event of everyItem((page) => catalog.listAudit(range, page))) sum.add(event);
    const until = addSeconds(new Date(startOf(day)), retentionDays * DAY_SECONDS);
    const next: AuditDay = chained({
      ...{ day, ...sum.end(), until: until.toISOString(), previous: last?.digest ?? '' },
    });
    // Somebody else was faster, and goes on.
    if (!(await catalog.createAuditDay(next))) break;
    closed.push(next);
    last = next;
  }
  if (closed.length > 0) await forget(deps);
  return closed;
}

/** Days whose time is over, from the oldest on. */
async function forget({ catalog, clock }: DayDeps): Promise<void> {
  const now = clock().toISOString();
  const days: AuditDay[] = [];
  for await (const day of everyItem((page) => catalog.listAuditDays(page))) days.unshift(day);
  const kept = days.findIndex(({ until }) => until > now);
  const over = days.slice(0, kept < 0 ? days.length : kept).at(-1);
  if (over !== undefined) await catalog.forgetAudit(startOf(dayAfter(over.day)));
}

/** What is wrong with a day. */
export interface DayFault {
  readonly day: string;
  readonly why: string;
}

/** An event as an answer has it. */
type ToldEvent = { readonly [Name in keyof AuditEvent]: AuditEvent[Name] | undefined };

/**
 * Compares the events with the digests of their days.
 * @param days oldest first
 * @param events of all these days, newest first
 * @param isPart whether days before these were left out
 */
export async function verifyAudit(
  days: readonly AuditDay[],
  events: AsyncIterable<ToldEvent>,
  now: Date,
  isPart = false,
): Promise<readonly DayFault[]> {
  const faults = [...faultsOfChain(days, now, isPart)];
  const sums = new Map(days.map(({ day }) => [day, new EventSum()]));
  const [first] = days;
  // The very first day covers what was before it.
  const earliest = first?.previous === '' ? first.day : '';
  for await (const event of events) {
    const day = dayOf(event.at ?? '');
    sums.get(day < earliest ? earliest : day)?.add(event);
  }
  for (const { day, count, events: digest, until } of days) {
    if (until <= now.toISOString()) continue;
    const found = sums.get(day)?.end();
    if (found === undefined || (found.count === count && found.events === digest)) continue;
    const why =
      found.count === count
        ? `an event was altered: the ${count} events do not fit the digest`
        : `${found.count} events, there were ${count}`;
    faults.push({ day, why });
  }
  return faults.sort((left, right) => (left.day < right.day ? -1 : 1));
}

function* faultsOfChain(
  days: readonly AuditDay[],
  now: Date,
  isPart: boolean,
): Generator<DayFault, void, void> {
  for (const [index, day] of days.entries()) {
    const before = days[index - 1];
    if (chained(day).digest !== day.digest) yield { day: day.day, why: 'its digest was altered' };
    if (before === undefined && day.previous !== '' && !isPart)
      yield { day: dayBefore(day.day), why: 'its digest was removed' };
    if (before === undefined) continue;
    const expected = dayAfter(before.day);
    if (expected !== day.day) yield { day: expected, why: 'its digest was removed' };
    else if (before.digest !== day.previous)
      yield {
        day: day.day,
        why: `it does not follow ${before.day}, whose digest was written again`,
      };
  }
  const last = days.at(-1)?.day;
  // The sweep may be late: the last day that ended may have none yet.
  const due = dayBefore(dayBefore(dayOf(now.toISOString())));
  if (last !== undefined && last < due)
    yield { day: dayAfter(last), why: 'it has no digest, although it ended long ago' };
}

function chained(day: Omit<AuditDay, 'digest'>): AuditDay {
  const { previous, count, events, until } = day;
  const digest = hash('sha256', JSON.stringify([previous, day.day, count, events, until]));
  return { day: day.day, count, events, until, previous, digest };
}

/** Adds up events in the order of the list. */
class EventSum {
  readonly #hash = createHash('sha256');
  #count = 0;

  add(event: ToldEvent): void {
    const { at, who, action, versionId, packageId, channel, tokenId, requestId, detail } = event;
    const fields = [at, who, action, versionId, packageId, channel, tokenId, requestId, detail];
    this.#hash.update(`${JSON.stringify(fields)}\n`);
    this.#count += 1;
  }

  end(): Pick<AuditDay, 'count' | 'events'> {
    return { count: this.#count, events: this.#hash.digest('hex') };
  }
}

function dayOf(at: Timestamp): string {
  return at.slice(0, 10);
}

function startOf(day: string): Timestamp {
  return `${day}T00:00:00.000Z`;
}

function dayAfter(day: string): string {
  return dayOf(addSeconds(new Date(startOf(day)), DAY_SECONDS).toISOString());
}

function dayBefore(day: string): string {
  return dayOf(addSeconds(new Date(startOf(day)), -DAY_SECONDS).toISOString());
}
