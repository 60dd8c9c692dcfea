/**
 * Memory for the bytes of a migration: limited, and used again, so that the garbage collector has
 * nothing to do.
 */
import { ByteBudget } from './byte-budget.ts';

export interface Lent {
  /** Has exactly the length that was asked for; its content is undefined. */
  readonly buffer: Buffer;
  /** After this, neither the caller nor anyone it passed the buffer to may use it. Repeatable. */
  giveBack(): void;
}

/** Smaller buffers are cheap to allocate in Node. */
const SMALLEST_KEPT = 64 * 1024;

export class Buffers {
  readonly #limit: number;
  readonly #budget: ByteBudget;
  /** By size: the buffers that are not lent. */
  readonly #idle = new Map<number, Buffer[]>();
  #lentBytes = 0;
  #idleBytes = 0;

  /** @param limit in bytes; a larger buffer is lent when no other is */
  constructor(limit: number) {
    this.#limit = limit;
    this.#budget = new ByteBudget(limit);
  }

  /** The bytes that are lent, or kept to be lent again. */
  get heldBytes(): number {
    return this.#lentBytes + this.#idleBytes;
  }

  /** Resolves when there is room. */
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

  /** Idle buffers of other sizes must not take memory beyond the limit. */
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
