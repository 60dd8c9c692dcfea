/** The events of the audit in the catalog's file, each written in the transaction of its change. */
import type { DatabaseSync } from 'node:sqlite';
import type { AuditRange, Page, PageRequest } from '../../core/ports/catalog.ts';
import type { AuditDay, AuditEvent } from '../../core/records.ts';
import { pageOf, type RecordReader } from './record-reader.ts';

type Statements = ReturnType<typeof prepareStatements>;

/** After every timestamp. */
const END = '9';

export class SqliteAudit {
  readonly #sql: Statements;
  readonly #read: RecordReader;

  constructor(db: DatabaseSync, reader: RecordReader) {
    this.#sql = prepareStatements(db);
    this.#read = reader;
  }

  /** Called within a transaction. */
  note(event: AuditEvent | undefined): void {
    if (event !== undefined) this.#sql.insertEvent.run(event.at, JSON.stringify(event));
  }

  list({ from = '', to = END }: AuditRange, { limit, after }: PageRequest): Page<AuditEvent> {
    // Neither a timestamp nor a number contains a slash.
    const [at = END, seq = '0'] = after?.split('/') ?? [];
    const rows = this.#read.run(() =>
      this.#sql.listEvents.all(from, to, at, Number(seq), limit + 1),
    );
    const found = rows.map((row) => ({ row, record: parse<AuditEvent>(row['record']) }));
    return pageOf(found, limit, (row) => `${row['at']}/${row['seq']}`);
  }

  days({ limit, after = END }: PageRequest): Page<AuditDay> {
    const rows = this.#read.run(() => this.#sql.listDays.all(after, limit + 1));
    const found = rows.map((row) => ({ row, record: parse<AuditDay>(row['record']) }));
    return pageOf(found, limit, (row) => String(row['day']));
  }

  /** Called within a transaction. */
  createDay(day: AuditDay): boolean {
    return this.#sql.insertDay.run(day.day, JSON.stringify(day)).changes !== 0;
  }

  /** Called within a transaction. */
  forget(before: string): void {
    this.#sql.forgetEvents.run(before);
  }
}

/** A row that was damaged is left out, and missing in its day then. */
function parse<Rec>(record: unknown): Rec | undefined {
  try {
    return JSON.parse(String(record)) as Rec;
  } catch {
    return undefined;
  }
}

function prepareStatements(db: DatabaseSync) {
  return {
    insertEvent: db.prepare('INSERT INTO audit_events (at, record) VALUES (?, ?)'),
    listEvents: db.prepare(
      `SELECT at, seq, record FROM audit_events
       WHERE at >= ? AND at < ? AND (at, seq) < (?, ?)
       ORDER BY at DESC, seq DESC LIMIT ?`,
    ),
    forgetEvents: db.prepare('DELETE FROM audit_events WHERE at < ?'),
    insertDay: db.prepare(
      'INSERT INTO audit_days (day, record) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    listDays: db.prepare(
      'SELECT day, record FROM audit_days WHERE day < ? ORDER BY day DESC LIMIT ?',
    ),
  };
}
