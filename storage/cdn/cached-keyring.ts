/**
 * Keeps the keyring in the memory of a process that signs links. It is read again every few
 * minutes. If that fails, the old one is used for a bounded time.
 */

import type { KeyringStore } from '../../core/cdn-keys/ports.ts';
import { bestLinkKey, type LinkKey, linkKeysOf } from '../../core/cdn-keys/signers.ts';
import { addSeconds, type Clock } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';

export interface CachedKeyringOptions {
  readonly source: Pick<KeyringStore, 'read'>;
  readonly clock: Clock;
  /**
   * How long a keyring may be used if it cannot be read again. Rotation waits as long
   * (`RotationSettings.staleSeconds`).
   */
  readonly staleSeconds: number;
  /** When to read it again. At most half of `staleSeconds`. @default 300 */
  readonly freshSeconds?: number;
  /** Gets the reason when the keyring cannot be read again. @default the reason is dropped */
  readonly onFault?: (error: unknown) => void;
}

const FRESH_SECONDS = 300;
/** The pause after a failure, so that not every caller waits for another failing read. */
const PAUSE_SECONDS = 30;

interface Cached {
  readonly keys: readonly LinkKey[];
  /** When reading began: every change before this is included. */
  readonly readAt: Date;
}

export class CachedKeyring {
  readonly #options: CachedKeyringOptions;
  readonly #freshSeconds: number;
  #cached: Cached | undefined;
  #reading: Promise<Cached> | undefined;
  #nextTry = new Date(0);

  constructor(options: CachedKeyringOptions) {
    this.#options = options;
    this.#freshSeconds = Math.min(options.freshSeconds ?? FRESH_SECONDS, options.staleSeconds / 2);
  }

  /**
   * The key that signs now.
   * @throws UNAVAILABLE if the keyring cannot be read, or has no such key
   */
  async key(): Promise<LinkKey> {
    const before = this.#cached;
    const held = await this.#current();
    const key = bestLinkKey(held.keys, this.#options.clock());
    if (key !== undefined) return key;
    // An operator may have repaired the keyring since.
    const { keys } = held === before ? await this.#read() : held;
    const mended = bestLinkKey(keys, this.#options.clock());
    if (mended !== undefined) return mended;
    throw new ServiceError(
      'UNAVAILABLE',
      "the CDN's keyring holds no key that can sign; see: stowage cdn-keys show",
    );
  }

  async #current(): Promise<Cached> {
    const held = this.#cached;
    if (held === undefined) return this.#read();
    const now = this.#options.clock();
    if (now < addSeconds(held.readAt, this.#freshSeconds) || now < this.#nextTry) return held;
    try {
      return await this.#read();
    } catch (error) {
      if (this.#options.clock() >= addSeconds(held.readAt, this.#options.staleSeconds)) throw error;
      this.#options.onFault?.(error);
      this.#nextTry = this.#pauseAfter(held);
      return held;
    }
  }

  /** The end of the pause, at the latest when the keyring becomes too old to use. */
  #pauseAfter({ readAt }: Cached): Date {
    const [pause, end] = [
      addSeconds(this.#options.clock(), PAUSE_SECONDS),
      addSeconds(readAt, this.#options.staleSeconds),
    ];
    return pause < end ? pause : end;
  }

  /** Callers at the same time share one read. */
  #read(): Promise<Cached> {
    this.#reading ??= this.#readSource().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readSource(): Promise<Cached> {
    const readAt = this.#options.clock();
    const { keyring } = await this.#options.source.read();
    this.#cached = { keys: linkKeysOf(keyring), readAt };
    return this.#cached;
  }
}
