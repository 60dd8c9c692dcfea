/**
 * The SQLite file of a catalog: opened, guarded, examined, given room on a full disk, and closed. It
 * does not know what the records mean.
 */

import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { ServiceError } from '../../core/errors.ts';
import type { PublishedTotals } from '../../core/ports/catalog.ts';
import { DiskReserve, openWithRoom } from './disk-reserve.ts';
import { CommitQueue } from './file/commit-queue.ts';
import { isOpen } from './file/database.ts';
import { isOutOfRoom, outOfSpaceForCallers, translateSqliteError } from './file/errors.ts';
import type { CatalogDatabaseOptions } from './file/open-catalog-database.ts';
import { checksumOf } from './file/rows.ts';
import { RecordReader } from './record-reader.ts';
import { type BrokenRecord, BrokenRecords } from './safety/broken-records.ts';
import { CatalogGuard } from './safety/catalog-guard.ts';
import { sumInWorker } from './safety/catalog-tasks.ts';
import {
  type CatalogReport,
  checkCatalog,
  describeFaults,
  repairNames,
} from './safety/check-catalog.ts';
import { publishedTotals } from './safety/published-totals.ts';
import { SqliteAudit } from './sqlite-audit.ts';
import { SqliteTokenUses } from './sqlite-token-uses.ts';
import { prepareStatements, type Statements } from './statements.ts';

export interface CatalogFileOptions extends CatalogDatabaseOptions {
  /** Called once for each broken record that is found. */
  readonly onBroken?: (record: BrokenRecord) => void;
  /**
   * Keeps a reserve file, so that yanks and deletes succeed on a full disk. For the server that
   * owns the catalog. @default false
   */
  readonly keepReserve?: boolean;
  /** Files up to this size are summed on the event loop. @default 4 MiB */
  readonly summedAtOnceBytes?: number;
}

/** Some 5000 packages, which take some milliseconds. */
const SUMMED_AT_ONCE_BYTES = 4 * 1024 * 1024;
/** The share of the time that summing a large file may take. */
const SUMMING_SHARE = 0.05;
const REFILL_EVERY_MS = 60_000;

export class CatalogFile {
  readonly statements: Statements;
  readonly reader: RecordReader;
  readonly audit: SqliteAudit;
  readonly writes: CommitQueue;
  readonly tokenUses: SqliteTokenUses;
  readonly brokenRecords: BrokenRecords;
  readonly #db: DatabaseSync;
  readonly #what: string;
  readonly #path: string;
  readonly #summedAtOnceBytes: number;
  readonly #guard: CatalogGuard;
  #summed:
    | { readonly totals: PublishedTotals; readonly at: number; readonly ms: number }
    | undefined;
  #summing: Promise<PublishedTotals> | undefined;
  readonly #refilling: NodeJS.Timeout | undefined;
  #hasCheckpointed = false;

  private constructor(db: DatabaseSync, options: CatalogFileOptions, reserve: DiskReserve) {
    const { path, onBroken, keepReserve = false } = options;
    this.#db = db;
    this.#what = `catalog ${path}`;
    this.#path = path;
    this.#summedAtOnceBytes = options.summedAtOnceBytes ?? SUMMED_AT_ONCE_BYTES;
    this.statements = prepareStatements(db);
    this.#guard = new CatalogGuard(path, () => this.reader.fact('server'));
    this.brokenRecords = new BrokenRecords(onBroken);
    this.reader = new RecordReader({
      statements: this.statements,
      guard: this.#guard,
      broken: this.brokenRecords,
      translate: (error) => this.#translate(error),
    });
    this.audit = new SqliteAudit(db, this.reader);
    this.writes = new CommitQueue(db, {
      guard: this.#guard,
      translate: (error) => this.#translate(error),
      makeRoom: () => this.#makeRoom(reserve),
    });
    this.tokenUses = new SqliteTokenUses(db, this.reader, this.writes);
    if (!keepReserve) return;
    reserve.fill();
    this.#refilling = setInterval(() => reserve.fill(), REFILL_EVERY_MS).unref();
  }

  /** @throws ServiceError, as `SqliteCatalog.open` says */
  static open(options: CatalogFileOptions): CatalogFile {
    const reserve = new DiskReserve(`${options.path}.reserve`);
    const db = openWithRoom(options, reserve);
    try {
      return new CatalogFile(db, options, reserve);
    } catch (error) {
      db.close();
      throw translateSqliteError(error, `catalog ${options.path}`);
    }
  }

  /** The id that the marker of the storage names; undefined before the first start set it. */
  get catalogId(): string | undefined {
    return this.reader.fact('catalogId');
  }

  async setCatalogId(id: string): Promise<void> {
    await this.writes.enter(() => this.#setFact('catalogId', id), 'urgent');
  }

  /** Makes this the only server that writes: a server with an earlier claim gets errors instead. */
  async claim(): Promise<void> {
    const claim = randomUUID();
    await this.writes.enter(() => this.#setFact('server', claim), 'urgent');
    this.#guard.setClaim(claim);
  }

  /**
   * Checks that the file is still the one that was opened.
   * @returns why nothing is read or written; undefined when all is well
   */
  checkFile(): ServiceError | undefined {
    return this.#guard.checkFile();
  }

  /** Checks the whole file (7 s of CPU time for a million records), and acts on what it finds. */
  examine(): CatalogReport {
    return this.takeIn(checkCatalog(this.#db));
  }

  /**
   * Acts on the result of a check of the whole file. Indexes that do not fit are rebuilt from their
   * tables. When the file itself is damaged, the catalog refuses all reads and writes from now on.
   * @returns the report to show to people
   */
  takeIn(report: CatalogReport): CatalogReport {
    const current = report.indexFaults.length > 0 ? this.#rebuildIndexes(report) : report;
    for (const record of current.broken) this.brokenRecords.add(record);
    if (current.faults.length > 0) this.#guard.refuse(describeFaults(this.#what, current));
    return current;
  }

  /**
   * A small file is summed at once. A large one is read in a worker thread, and what was found is
   * given again for some time, so that reading takes a small share of it.
   */
  async publishedTotals(): Promise<PublishedTotals> {
    const bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes <= this.#summedAtOnceBytes) return this.reader.run(() => publishedTotals(this.#db));
    const known = this.#summed;
    if (known !== undefined && performance.now() - known.at <= known.ms / SUMMING_SHARE)
      return known.totals;
    this.#summing ??= this.#sum().finally(() => {
      this.#summing = undefined;
    });
    return this.#summing;
  }

  async #sum(): Promise<PublishedTotals> {
    const startedAt = performance.now();
    const totals = await sumInWorker(this.#path);
    const at = performance.now();
    this.#summed = { totals, at, ms: at - startedAt };
    return totals;
  }

  /** The records that were found to be broken so far. */
  broken(): readonly BrokenRecord[] {
    return this.brokenRecords.list();
  }

  /**
   * Runs the writes that wait, checkpoints as far as other processes allow, and closes the file.
   * Repeatable.
   */
  async close(): Promise<void> {
    if (!isOpen(this.#db)) return;
    clearInterval(this.#refilling);
    this.writes.flush();
    try {
      if (this.checkFile() === undefined) this.#checkpoint();
    } finally {
      this.#db.close();
    }
  }

  /**
   * Tries two things in turn: a checkpoint, so that the write-ahead log is written from its start
   * again; then a piece of the reserve file.
   */
  #makeRoom(reserve: DiskReserve): boolean {
    if (this.#hasCheckpointed) {
      this.#hasCheckpointed = false;
      return reserve.release();
    }
    this.#hasCheckpointed = true;
    this.#checkpoint();
    return true;
  }

  /** On a full disk the transactions stay in the write-ahead log, and nothing is lost. */
  #checkpoint(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      if (!isOutOfRoom(error)) throw this.#translate(error);
    }
  }

  #translate(error: unknown): unknown {
    return outOfSpaceForCallers(translateSqliteError(error, this.#what));
  }

  #rebuildIndexes(report: CatalogReport): CatalogReport {
    try {
      this.reader.run(() => {
        this.#db.exec('REINDEX');
        repairNames(this.#db);
      });
      const after = checkCatalog(this.#db);
      return {
        ...after,
        faults: [...after.faults, ...after.indexFaults],
        indexFaults: report.indexFaults,
      };
    } catch (error) {
      const faults = [`its indexes can't be rebuilt: ${String(error)}`];
      return { ...report, faults };
    }
  }

  #setFact(name: string, value: string): void {
    this.statements.setFact.run(name, value, checksumOf('facts', name, value));
  }
}
