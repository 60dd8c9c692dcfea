/** Runs the sweeps of the server: one at its start, then one at a time in regular intervals. */

import { closeAuditDays } from '../core/audit/days.ts';
import type { UploadDeps } from '../core/publishing/deps.ts';
import { sweep } from '../core/uploads/sweep.ts';
import type { Log } from '../service/host/log.ts';
import { reportAuditDays, reportSweep } from '../service/upkeep/upkeep-log.ts';
import { withinGrace } from './start/stopping.ts';

export interface BackgroundOptions {
  readonly deps: UploadDeps;
  readonly log: Log;
  /** The pause between two sweeps. @default 60 */
  readonly sweepEverySeconds?: number;
  /** Whether other servers may use the same records. @default false */
  readonly isShared?: boolean;
}

/** Much longer than the milliseconds between an upload's change of the store and of the catalog. */
const GRACE_SECONDS = 300;

export class Background {
  readonly #deps: UploadDeps;
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #isShared: boolean;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor({ deps, log, sweepEverySeconds = 60, isShared = false }: BackgroundOptions) {
    this.#deps = deps;
    this.#log = log;
    this.#everyMs = sweepEverySeconds * 1000;
    this.#isShared = isShared;
  }

  /**
   * The sweep before the first request is answered. If there is no other server, nothing else runs
   * yet, so whatever an upload left is a leftover. Does not reject.
   */
  async sweepAtStart(): Promise<void> {
    await this.#sweep(this.#isShared ? GRACE_SECONDS : 0);
  }

  /** Begins to sweep regularly. The timer does not keep the process alive. */
  start(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#sweep(GRACE_SECONDS).then(() => this.start());
    }, this.#everyMs).unref();
  }

  /**
   * Begins no more sweeps, and waits up to `graceMs` for the one that runs. The next start does
   * what it could not finish.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await withinGrace(this.#running, graceMs);
  }

  async #sweep(graceSeconds: number): Promise<void> {
    try {
      reportSweep(this.#log, await sweep(this.#deps, graceSeconds));
      reportAuditDays(this.#log, await closeAuditDays(this.#deps));
    } catch (error) {
      this.#log.error({ err: error }, 'sweep failed, to be tried again');
    }
  }
}
