/**
 * The events of the audit in the table. An event is written before its change: a function that ends
 * between the two leaves an event without a change, and never a change without its event. Where the
 * condition of the change is not met, the event is marked as refused, and no list has it.
 */
import { randomUUID } from 'node:crypto';
import { TABLE } from '../../core/layout.ts';
import type { AuditRange, Page, PageRequest } from '../../core/ports/catalog.ts';
import type { AuditDay, AuditEvent } from '../../core/records.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { IS_NEW } from './expressions.ts';
import { auditDayItem, auditItem, readAuditDay, readAuditEvent } from './items.ts';
import { type List, pageOf, partitionList } from './lists.ts';
import { auditPlace } from './table.ts';

/** Set on the event of a change that was not made. */
const REFUSED = 'refused';
/** Before and after every timestamp. */
const [START, END] = ['0', '9'];

export class DynamoAudit {
  readonly #table: DynamoTable;
  readonly #retentionDays: number;

  constructor(table: DynamoTable, retentionDays: number) {
    this.#table = table;
    this.#retentionDays = retentionDays;
  }

  /**
   * Notes the event, then makes the change. After an error it is unknown whether it was made, so the
   * event stays.
   * @param event undefined for a change that is not noted
   * @param change resolves with false or undefined where its condition was not met
   */
  async noting<Result>(
    event: AuditEvent | undefined,
    change: () => Promise<Result>,
  ): Promise<Result> {
    if (event === undefined) return change();
    const place = auditPlace(`${event.at}#${randomUUID()}`);
    const item = auditItem(place, event, this.#retentionDays);
    await this.#table.put(item);
    const made = await change();
    if (made === false || made === undefined)
      await this.#table.put({ ...item, [REFUSED]: { S: 'true' } });
    return made;
  }

  /** Strongly consistent. */
  list({ from = START, to = END }: AuditRange, page: PageRequest): Promise<Page<AuditEvent>> {
    const { query, ...list } = partitionList(TABLE.partition.audit);
    const inRange: List = {
      ...list,
      query: {
        ...query,
        ScanIndexForward: false,
        ConsistentRead: true,
        KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
        FilterExpression: `attribute_not_exists(#${REFUSED})`,
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk', [`#${REFUSED}`]: REFUSED },
        // The key of an event is longer than its time, so an event at `to` is behind it.
        ExpressionAttributeValues: {
          ...query?.ExpressionAttributeValues,
          ':from': { S: from },
          ':to': { S: to },
        },
      },
    };
    return pageOf(this.#table, inRange, page, readAuditEvent);
  }

  days(page: PageRequest): Promise<Page<AuditDay>> {
    const { query, ...list } = partitionList(TABLE.partition.auditDays);
    const newestFirst = { ...query, ScanIndexForward: false, ConsistentRead: true };
    return pageOf(this.#table, { ...list, query: newestFirst }, page, readAuditDay);
  }

  createDay(day: AuditDay): Promise<boolean> {
    return this.#table.put(auditDayItem(day), IS_NEW);
  }
}
