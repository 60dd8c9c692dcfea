/**
 * Looks after the catalog of a server. It checks every second that the file is in its place, and
 * regularly that it is undamaged. It makes a backup every day.
 */
import type { Clock } from '../core/clock.ts';
import type { Log } from '../service/host/log.ts';
import { listBackups } from '../storage/sqlite/safety/backups.ts';
import { type CatalogTask, runCatalogTask } from '../storage/sqlite/safety/catalog-tasks.ts';
import type { SqliteCatalog } from '../storage/sqlite/sqlite-catalog.ts';
import { logReport } from './start/open-catalog.ts';
import { withinGrace } from './start/stopping.ts';

export interface CatalogUpkeepOptions {
  readonly catalog: SqliteCatalog;
  readonly path: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly backupFolder: string;
  /** 0: no backups. */
  readonly backupsKept: number;
  /** Whether the start did not check the catalog, so that it must be checked at once. */
  readonly isUnchecked: boolean;
  /** @default 1000 */
  readonly lookEveryMs?: number;
  /** How often to look whether a check or a backup is due. @default 60_000 */
  readonly workEveryMs?: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The share of the time that checks may take. */
const CHECK_SHARE = 0.01;

export class CatalogUpkeep {
  readonly #options: CatalogUpkeepOptions;
  readonly #stop = new AbortController();
  #look: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #refused: string | undefined;
  #nextCheckAt: number;
  /** A failed backup is tried again when the next check is due. */
  #nextBackupAt = 0;

  constructor(options: CatalogUpkeepOptions) {
    this.#options = options;
    this.#nextCheckAt = options.clock().getTime() + (options.isUnchecked ? 0 : HOUR_MS);
  }

  /** Begins. The timers do not keep the process alive. */
  start(): void {
    const { lookEveryMs = 1000, isUnchecked } = this.#options;
    this.#look = setInterval(() => this.look(), lookEveryMs).unref();
    if (isUnchecked) this.#running = this.work().then(() => this.#workLater());
    else this.#workLater();
  }

  /** Ends, and waits up to `graceMs` for what runs. */
  async stop(graceMs: number): Promise<void> {
    clearInterval(this.#look);
    clearTimeout(this.#timer);
    this.#stop.abort();
    await withinGrace(this.#running, graceMs);
  }

  /** Checks that the file is in its place. */
  look(): void {
    const { catalog, log, path } = this.#options;
    const refused = catalog.file.checkFile()?.message;
    if (refused === this.#refused) return;
    this.#refused = refused;
    if (refused === undefined) log.warn({ path }, 'the catalog is in its place again');
    else log.error({ path }, refused);
  }

  /** Does what is due: a backup, which checks the catalog first, or a check. Does not reject. */
  async work(): Promise<void> {
    const { path, log, clock, catalog, backupFolder: folder, backupsKept: kept } = this.#options;
    const now = clock();
    try {
      const task = this.#dueTask(now, { path, folder, kept });
      if (task === undefined || catalog.file.checkFile() !== undefined) return;
      const startedAt = performance.now();
      const { report, backup } = await runCatalogTask(task, this.#stop.signal);
      const ms = performance.now() - startedAt;
      this.#nextCheckAt = clock().getTime() + Math.max(HOUR_MS, ms / CHECK_SHARE);
      this.#nextBackupAt = this.#nextCheckAt;
      logReport(log, catalog.file.takeIn(report));
      this.look();
      if (backup !== undefined)
        log.info({ backup: backup.path, bytes: backup.bytes, ms }, 'catalog backed up');
      else if (task.kind === 'backup')
        log.error({ path }, 'the catalog is not whole: no backup was made of it');
    } catch (error) {
      this.#nextBackupAt = now.getTime() + HOUR_MS;
      if (!this.#stop.signal.aborted)
        log.error({ err: error }, 'looking after the catalog failed, to be tried again');
    }
  }

  #dueTask(
    now: Date,
    { path, folder, kept }: { path: string; folder: string; kept: number },
  ): CatalogTask | undefined {
    const newest = kept > 0 ? listBackups(folder)[0]?.madeAt.getTime() : undefined;
    // A backup from the future was made under a wrong clock: it must not delay the next one.
    const isBackedUp =
      newest !== undefined && newest <= now.getTime() && newest > now.getTime() - DAY_MS;
    if (kept > 0 && !isBackedUp && now.getTime() >= this.#nextBackupAt)
      return { kind: 'backup', path, folder, kept, now };
    return now.getTime() >= this.#nextCheckAt ? { kind: 'check', path } : undefined;
  }

  #workLater(): void {
    if (this.#stop.signal.aborted) return;
    const { workEveryMs = 60_000 } = this.#options;
    this.#timer = setTimeout(() => {
      this.#running = this.work().then(() => this.#workLater());
    }, workEveryMs).unref();
  }
}
