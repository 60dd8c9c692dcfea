/** What the server does beside answering: sweeps, at its start and then again and again, one at a time. */

import type { UploadDeps } from '../core/publishing/deps.ts';
import { sweep } from '../core/uploads/sweep.ts';
import type { Log } from '../service/host/log.ts';
import { reportSweep } from '../service/upkeep/report-sweep.ts';
import { withinGrace } from './start/grace-period.ts';

export interface BackgroundOptions {
  readonly deps: UploadDeps;
  readonly log: Log;
  /** From the end of one sweep to the begin of the next. @default 60 */
  readonly sweepEverySeconds?: number;
  /** Other servers may be at work on the same records. @default false */
  readonly isShared?: boolean;
}

/** Between what an upload does to the store and what it writes into the catalog lie milliseconds; this is ample. */
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

  /** Before the first request is answered: where no other server is, nothing else runs, and whatever lies about is left over. Never rejects. */
  async sweepAtStart(): Promise<void> {
    await this.#sweep(this.#isShared ? GRACE_SECONDS : 0);
  }

  /** Sweeps from now on; keeps no process alive. */
  start(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#sweep(GRACE_SECONDS).then(() => this.start());
    }, this.#everyMs).unref();
  }

  /** No sweep begins any more; the one that runs is waited for, `graceMs` at most: what is given up is done by the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await withinGrace(this.#running, graceMs);
  }

  async #sweep(graceSeconds: number): Promise<void> {
    try {
      reportSweep(this.#log, await sweep(this.#deps, graceSeconds));
    } catch (error) {
      this.#log.error({ err: error }, 'sweep failed, to be tried again');
    }
  }
}
