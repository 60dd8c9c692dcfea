/**
 * Watches the locks of a running server. It makes a removed lock file again and locks it, unless
 * another server was faster.
 */
import type { Log } from '../service/host/log.ts';
import type { ServiceLock } from '../storage/sqlite/service-lock.ts';

export interface LockWatchOptions {
  readonly locks: readonly ServiceLock[];
  readonly log: Log;
  /** Called once, when another server may be running: this one must stop answering. */
  readonly onLost: () => void;
  /** @default 1000 */
  readonly lookEveryMs?: number;
}

export class LockWatch {
  readonly #options: LockWatchOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LockWatchOptions) {
    this.#options = options;
  }

  /** Begins. The timer does not keep the process alive. */
  start(): void {
    this.#timer = setInterval(() => this.look(), this.#options.lookEveryMs ?? 1000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const { locks, log, onLost } = this.#options;
    for (const lock of locks) {
      try {
        if (lock.renew())
          log.warn(
            { lock: lock.path },
            'the lock file was removed or replaced; it is locked again',
          );
      } catch (error) {
        this.stop();
        const advice =
          'another server may be at work on this storage: this one has stopped answering; stop one of the two';
        log.error(
          { lock: lock.path, err: error },
          `the lock file was removed and can't be locked again; ${advice}`,
        );
        onLost();
        return;
      }
    }
  }
}
