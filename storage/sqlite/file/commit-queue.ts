/** Gathers the writes of one turn of the event loop into one transaction, so that they share one fsync; on a full disk, makes room for those that are urgent. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isOutOfRoom } from './sqlite-errors.ts';

/** What a full disk must not keep from being written is `urgent`. */
export type Urgency = 'urgent' | 'usual';

interface Write {
  readonly urgency: Urgency;
  /** Writes, and returns what tells the caller so. */
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
}

/** What must hold for a write to count; each throws where it does not. */
export interface CommitGuard {
  /** Asked before a transaction and after its commit: only then are its writes reported as done. */
  fileIsThere(): void;
  /** Asked within the transaction. */
  isOurs(): void;
}

export interface CommitQueueOptions {
  readonly guard: CommitGuard;
  readonly translate: (error: unknown) => unknown;
  /** Makes room where the disk is full. @returns whether it could @default never */
  readonly makeRoom?: () => boolean;
}

export class CommitQueue {
  readonly #db: DatabaseSync;
  readonly #options: CommitQueueOptions;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #waiting: Write[] = [];

  constructor(db: DatabaseSync, options: CommitQueueOptions) {
    this.#db = db;
    this.#options = options;
    // The write lock first: what a write reads stays true until it is committed.
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
  }

  /** Runs `write` in a transaction, after those that came before. @returns what it returned, once that is on disk */
  enter<Result>(write: () => Result, urgency: Urgency = 'usual'): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.flush());
      const run = () => {
        const result = write();
        return () => resolve(result);
      };
      this.#waiting.push({ urgency, run, reject });
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
      this.#options.guard.fileIsThere();
      this.#begin.run();
      this.#options.guard.isOurs();
      const answers = batch.map((write) => {
        current = write;
        return write.run();
      });
      current = undefined;
      this.#commit.run();
      this.#options.guard.fileIsThere();
      for (const answer of answers) answer();
      return [];
    } catch (error) {
      // SQLite ends the transaction itself after some errors (a full disk, for one).
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      const failure = this.#options.translate(error);
      const urgent = batch.filter(({ urgency }) => urgency === 'urgent');
      if (urgent.length > 0 && isOutOfRoom(error) && this.#options.makeRoom?.() === true) {
        for (const write of batch) if (write.urgency === 'usual') write.reject(failure);
        return urgent;
      }
      const failed = current;
      for (const write of failed === undefined ? batch : [failed]) write.reject(failure);
      return failed === undefined ? [] : batch.filter((write) => write !== failed);
    }
  }
}
