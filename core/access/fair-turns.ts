/**
 * Runs a few tasks at a time. The others wait, and every address gets its turn, however many tasks
 * of another address are waiting.
 */

type Start = () => void;

export class FairTurns {
  readonly #atOnce: number;
  #running = 0;
  /** By address, in the order of their turns. */
  readonly #waiting = new Map<string, Start[]>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async run<Result>(address: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#turn(address);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #turn(address: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(address);
      if (waiting === undefined) this.#waiting.set(address, [resolve]);
      else waiting.push(resolve);
    });
  }

  /** Gives the place to the next one that waits, or leaves it free. */
  #next(): void {
    for (const [address, waiting] of this.#waiting) {
      const start = waiting.shift();
      this.#waiting.delete(address);
      if (waiting.length > 0) this.#waiting.set(address, waiting);
      start?.();
      return;
    }
    this.#running--;
  }
}
