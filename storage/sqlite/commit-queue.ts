/** Gathers the writes of one turn of the event loop into one transaction, so that they share one fsync. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

interface Write {
  /** Writes, and returns what tells the caller so. */
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
}

export class CommitQueue {
  readonly #db: DatabaseSync;
  readonly #translate: (error: unknown) => unknown;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #waiting: Write[] = [];

  constructor(db: DatabaseSync, translate: (error: unknown) => unknown) {
    this.#db = db;
    this.#translate = translate;
    // The write lock first: what a write reads stays true until it is committed.
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
  }

  /** Runs `write` in a transaction, after those that came before. @returns what it returned, once that is on disk */
  enter<Result>(write: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.flush());
      const run = () => {
        const result = write();
        return () => resolve(result);
      };
      this.#waiting.push({ run, reject });
    });
  }

  /** Writes what waits, now. */
  flush(): void {
    let batch: readonly Write[] = this.#waiting;
    this.#waiting = [];
    while (batch.length > 0) batch = this.#commitTogether(batch);
  }

  /** @returns what is to be tried again: the others, where one write failed and took the transaction with it */
  #commitTogether(batch: readonly Write[]): readonly Write[] {
    let current: Write | undefined;
    try {
      this.#begin.run();
      const answers = batch.map((write) => {
        current = write;
        return write.run();
      });
      current = undefined;
      this.#commit.run();
      for (const answer of answers) answer();
      return [];
    } catch (error) {
      // SQLite ends the transaction itself after some errors (a full disk, for one).
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      const failure = this.#translate(error);
      const failed = current;
      for (const write of failed === undefined ? batch : [failed]) write.reject(failure);
      return failed === undefined ? [] : batch.filter((write) => write !== failed);
    }
  }
}
