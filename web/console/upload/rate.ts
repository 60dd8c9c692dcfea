/** How fast bytes travel, over the last seconds. */

const WINDOW_MS = 5000;

export class Rate {
  #samples: (readonly [bytes: number, at: number])[] = [];

  /** @param at milliseconds, from any beginning */
  count(bytes: number, at: number): void {
    const last = this.#samples.at(-1);
    // After another phase or a part that is sent again, the bytes begin lower.
    if (last !== undefined && bytes < last[0]) this.#samples = [];
    this.#samples.push([bytes, at]);
    this.#samples = this.#samples.filter(([, time]) => at - time <= WINDOW_MS);
  }

  /** Bytes per second; undefined before there are two samples. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last[1] <= first[1]) return undefined;
    return ((last[0] - first[0]) / (last[1] - first[1])) * 1000;
  }
}
