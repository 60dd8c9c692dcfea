/**
 * How the server stops, also when its start fails: what was opened is closed in reverse order, and
 * work that may be left unfinished gets a limited time.
 */
import type { Log } from '../../service/host/log.ts';

export class UndoStack {
  readonly #log: Log;
  readonly #steps: (() => void | Promise<void>)[] = [];
  #done: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  /** Runs every step, even after a step failed. Failures are logged. Repeatable. */
  run(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  async #run(): Promise<void> {
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch (error) {
        this.#log.error({ err: error }, 'a step of stopping failed');
      }
    }
  }
}

/** Settles when `work` does, or after `graceMs`. It does not reject if `work` fails. */
export async function withinGrace(work: Promise<unknown>, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, graceMs);
  await Promise.race([work.catch(() => undefined), promise]);
  clearTimeout(timer);
}
