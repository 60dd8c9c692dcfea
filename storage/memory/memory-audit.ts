/** The events of the audit in memory, and the digests of their days. */

import type { Timestamp } from '../../core/clock.ts';
import type { AuditRange, Page, PageRequest } from '../../core/ports/catalog.ts';
import type { AuditDay, AuditEvent } from '../../core/records.ts';

export class MemoryAudit {
  #events: (AuditEvent & { readonly position: string })[] = [];
  readonly #days: AuditDay[] = [];
  #noted = 0;

  /** @param event undefined where nothing is to be noted */
  note(event: AuditEvent | undefined): void {
    if (event === undefined) return;
    this.#noted += 1;
    const position = `${event.at}/${String(this.#noted).padStart(12, '0')}`;
    this.#events.push(structuredClone({ ...event, position }));
    this.#events.sort((left, right) => (left.position < right.position ? 1 : -1));
  }

  list({ from = '', to = '9' }: AuditRange, { limit, after = '9' }: PageRequest): Page<AuditEvent> {
    const ahead = this.#events.filter(
      ({ at, position }) => at >= from && at < to && position < after,
    );
    const shown = ahead.slice(0, limit);
    const items = shown.map(({ position: _, ...event }) => event);
    const last = shown.at(-1);
    return ahead.length > limit && last !== undefined ? { items, next: last.position } : { items };
  }

  days({ limit, after = '9' }: PageRequest): Page<AuditDay> {
    const ahead = this.#days.filter(({ day }) => day < after).reverse();
    const items = ahead.slice(0, limit);
    const last = items.at(-1);
    return ahead.length > limit && last !== undefined ? { items, next: last.day } : { items };
  }

  createDay(day: AuditDay): boolean {
    if (this.#days.some((one) => one.day === day.day)) return false;
    this.#days.push(day);
    return true;
  }

  forget(before: Timestamp): void {
    this.#events = this.#events.filter(({ at }) => at >= before);
  }
}
