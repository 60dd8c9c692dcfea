/**
 * Commits all writes of one turn of the event loop in one transaction, so that they share one
 * fsync. On a full disk, it makes room for the urgent ones.
 */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isInTransaction, isOpen } from './database.ts';
import { isOutOfRoom } from './errors.ts';

/** `urgent` is what must be written even on a full disk. */
export type Urgency = 'urgent' | 'usual';

interface Write {
  readonly urgency: Urgency;
  /** Runs the write. @returns a function that resolves the caller's promise */
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
}

/** The conditions of a commit. */
export interface CommitGuard {
  /**
   * Called before a transaction, and after its commit before the writes are reported as done.
   * @throws ServiceError
   */
  requireFile(): void;
  /** Called within the transaction. @throws ServiceError */
  requireClaim(): void;
}

export interface CommitQueueOptions {
  readonly guard: CommitGuard;
  readonly translate: (error: unknown) => unknown;
  /** Makes room on a full disk. @returns false when it could not @default none is made */
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
    // Takes the write lock at once: what a write reads stays true until it is committed.
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
  }

  /**
   * Runs `write` in a transaction, in the order of the calls.
   * @returns its result, once it is on disk
   */
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

  /** Commits the waiting writes now. */
  flush(): void {
    let batch: readonly Write[] = this.#waiting;
    this.#waiting = [];
    while (batch.length > 0) batch = this.#commitTogether(batch);
  }

  /**
   * @returns the writes to try again: all others, when one failed and the transaction with it; or
   *   the urgent ones, when room was made on a full disk
   */
  #commitTogether(batch: readonly Write[]): readonly Write[] {
    let current: Write | undefined;
    try {
      this.#options.guard.requireFile();
      this.#begin.run();
      this.#options.guard.requireClaim();
      const reports = batch.map((write) => {
        current = write;
        return write.run();
      });
      current = undefined;
      this.#commit.run();
      this.#options.guard.requireFile();
      for (const report of reports) report();
      return [];
    } catch (error) {
      // After some errors, such as a full disk, SQLite has already ended the transaction.
      if (isOpen(this.#db) && isInTransaction(this.#db)) this.#db.exec('ROLLBACK');
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
