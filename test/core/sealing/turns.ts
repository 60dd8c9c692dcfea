/** Lets several requests run one call of the catalog or the store at a time, in an order that a seed chooses. */
type Wake = () => void;

/** One request: what it does, and the calls that it waits to make, of which some may be at once. */
class Actor {
  readonly #next: Wake[] = [];
  #isDone = false;
  #wake: Wake = () => {};

  start(work: Promise<unknown>): void {
    const done = () => {
      this.#isDone = true;
      this.#wake();
    };
    work.then(done, done);
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#next.push(resolve);
      this.#wake();
    });
  }

  /** Resolves once it waits for its turn, or has ended. */
  async waits(): Promise<boolean> {
    while (this.#next.length === 0 && !this.#isDone)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return !this.#isDone;
  }

  go(): void {
    this.#next.shift()?.();
  }

  /** Its call is never made, and it does nothing from now on. */
  crash(): void {
    this.#isDone = true;
  }
}

/** mulberry32: small, and the same on every machine. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export class Turns {
  readonly #actors: Actor[] = [];

  /** @param work gets a function that makes every call of an object wait for its turn */
  run(work: (gate: <Gated extends object>(object: Gated) => Gated) => Promise<unknown>): void {
    const actor = new Actor();
    const gate = <Gated extends object>(object: Gated): Gated =>
      new Proxy(object, {
        get: (target, name) => {
          const own = Reflect.get(target, name, target);
          if (typeof own !== 'function') return own;
          // Lists that are streamed are read in one go: each record is looked at again.
          if (name === 'unfinished' || name === 'leftovers') return own.bind(target);
          return async (...words: unknown[]) => {
            await actor.turn();
            return Reflect.apply(own, target, words);
          };
        },
      });
    this.#actors.push(actor);
    actor.start(work(gate));
  }

  /** Until all have ended. @param crashIn one of so many turns is a crash instead; 0: none */
  async play(random: (below: number) => number, crashIn = 0): Promise<number> {
    let crashes = 0;
    let last: Actor | undefined;
    // In some orders one request does much while the others wait, in others all take turns.
    const changesIn = 1 + random(6);
    for (;;) {
      const waiting: Actor[] = [];
      for (const one of this.#actors) if (await one.waits()) waiting.push(one);
      const other = waiting[random(Math.max(1, waiting.length))];
      const goesOn = last !== undefined && waiting.includes(last) && random(changesIn) > 0;
      const chosen: Actor | undefined = goesOn ? last : other;
      last = chosen;
      if (chosen === undefined) return crashes;
      if (crashIn > 0 && random(crashIn) === 0) {
        chosen.crash();
        crashes += 1;
      } else chosen.go();
    }
  }
}
