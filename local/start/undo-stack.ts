/** Closes what was opened in reverse order: when the service stops, and when its start fails. */
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
