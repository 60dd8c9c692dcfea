/** The last day on which each token was used, in the catalog's file. */
import type { DatabaseSync } from 'node:sqlite';
import type { Day, TokenUses } from '../../core/ports/token-uses.ts';
import type { CommitQueue } from './file/commit-queue.ts';
import type { RecordReader } from './record-reader.ts';

/** The row that says since when uses are noted: schema.ts. */
const SINCE = '';

export class SqliteTokenUses implements TokenUses {
  readonly #note;
  readonly #all;
  readonly #read: RecordReader;
  readonly #writes: CommitQueue;

  constructor(db: DatabaseSync, reader: RecordReader, writes: CommitQueue) {
    this.#read = reader;
    this.#writes = writes;
    this.#note = db.prepare(
      `INSERT INTO token_uses (token_id, day) SELECT ?1, ?2 FROM tokens WHERE token_id = ?1
       ON CONFLICT DO UPDATE SET day = max(day, excluded.day)`,
    );
    this.#all = db.prepare('SELECT token_id, day FROM token_uses');
  }

  async note(tokenId: string, day: Day): Promise<void> {
    await this.#writes.enter(() => this.#note.run(tokenId, day));
  }

  async read(): ReturnType<TokenUses['read']> {
    const rows = this.#read.run(() => this.#all.all());
    const lastDays = new Map(rows.map((row) => [String(row['token_id']), String(row['day'])]));
    const since = lastDays.get(SINCE) ?? '';
    lastDays.delete(SINCE);
    return { since, lastDays };
  }
}
