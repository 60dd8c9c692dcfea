/** Memory for the bytes of a migration: bounded, and used again, so that nothing is left for the garbage collector. */
import { ByteBudget } from './byte-budget.ts';

export interface Lent {
  /** Of just the length that was asked for; holds whatever it held before. */
  readonly buffer: Buffer;
  /** Whoever gives it back looks at it no more, and nobody whom it was handed to. Repeatable. */
  giveBack(): void;
}

/** Below this, Node makes them cheaply by itself. */
const SMALLEST_KEPT = 64 * 1024;

export class Buffers {
  readonly #limit: number;
  readonly #budget: ByteBudget;
  /** Of each size those that nobody has at the moment. */
  readonly #idle = new Map<number, Buffer[]>();
  #lentBytes = 0;
  #idleBytes = 0;

  /** @param limit in bytes; what is larger than all of it is lent when nothing else is */
  constructor(limit: number) {
    this.#limit = limit;
    this.#budget = new ByteBudget(limit);
  }

  /** Lent, and kept to be lent again. */
  get heldBytes(): number {
    return this.#lentBytes + this.#idleBytes;
  }

  /** Comes back when there is room. */
  async lend(bytes: number): Promise<Lent> {
    const size = bytes < SMALLEST_KEPT ? bytes : 2 ** Math.ceil(Math.log2(bytes));
    const makeRoom = await this.#budget.take(size);
    const whole = size < SMALLEST_KEPT ? Buffer.allocUnsafe(size) : this.#take(size);
    let isBack = false;
    const giveBack = () => {
      if (isBack) return;
      isBack = true;
      if (size >= SMALLEST_KEPT) this.#keep(whole);
      makeRoom();
    };
    return { buffer: whole.subarray(0, bytes), giveBack };
  }

  #take(size: number): Buffer {
    const kept = this.#idle.get(size)?.pop();
    this.#lentBytes += size;
    if (kept !== undefined) this.#idleBytes -= size;
    this.#dropIdle();
    return kept ?? Buffer.allocUnsafeSlow(size);
  }

  #keep(buffer: Buffer): void {
    const { length: size } = buffer;
    this.#lentBytes -= size;
    this.#idleBytes += size;
    const idle = this.#idle.get(size) ?? [];
    idle.push(buffer);
    this.#idle.set(size, idle);
  }

  /** Idle ones of other sizes must not take memory beyond the bound. */
  #dropIdle(): void {
    for (const [size, idle] of this.#idle) {
      while (
        this.#idleBytes > 0 &&
        this.#lentBytes + this.#idleBytes > this.#limit &&
        idle.pop() !== undefined
      ) {
        this.#idleBytes -= size;
      }
    }
  }
}
