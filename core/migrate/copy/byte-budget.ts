/**
 * Limits how many bytes of a migration are in memory at once, whatever the number and the size of
 * the files.
 */

export class ByteBudget {
  readonly #limit: number;
  #taken = 0;
  readonly #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Resolves when there is room. An amount larger than the whole budget waits until it is alone.
   * @returns a function that gives the room back
   */
  async take(bytes: number): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#hasRoom(bytes)) {
      await new Promise<void>((resolve) => this.#waiting.push({ bytes, resolve }));
    } else {
      this.#taken += bytes;
    }
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.#taken -= bytes;
      this.#admit();
    };
  }

  /** First come, first served, so that small ones do not starve a large one. */
  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#hasRoom(next.bytes);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.resolve();
    }
  }

  #hasRoom(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#limit;
  }
}
