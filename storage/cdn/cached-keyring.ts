/** The keyring in the memory of a process that signs: read again every few minutes, and kept for a bounded time where it can't be. */

import type { KeyringStore } from '../../core/cdn-keys/ports.ts';
import { bestLinkKey, type LinkKey, linkKeysOf } from '../../core/cdn-keys/signers.ts';
import { addSeconds, type Clock } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';

export interface CachedKeyringOptions {
  readonly source: Pick<KeyringStore, 'read'>;
  readonly clock: Clock;
  /** For so long a keyring that was read once is signed by where it can't be read again: rotation waits for it (`RotationSettings.staleSeconds`). */
  readonly staleSeconds: number;
  /** After so long it is read again. @default 300, and never more than half of staleSeconds */
  readonly freshSeconds?: number;
  /** Is told why a keyring could not be read again. @default nobody */
  readonly onFault?: (error: unknown) => void;
}

const FRESH_SECONDS = 300;
/** After a failure the next try is not left to the next caller, who would wait for it too. */
const PAUSE_SECONDS = 30;

interface Cached {
  readonly keys: readonly LinkKey[];
  /** When reading began: what is older than this is in it. */
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

  /** The key that signs now. @throws UNAVAILABLE where the keyring can't be read, or holds none */
  async key(): Promise<LinkKey> {
    const before = this.#cached;
    const held = await this.#current();
    const key = bestLinkKey(held.keys, this.#options.clock());
    if (key !== undefined) return key;
    // Somebody may have mended it since.
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

  /** Never beyond the time at which the keyring is too old to sign by. */
  #pauseAfter({ readAt }: Cached): Date {
    const [pause, end] = [
      addSeconds(this.#options.clock(), PAUSE_SECONDS),
      addSeconds(readAt, this.#options.staleSeconds),
    ];
    return pause < end ? pause : end;
  }

  /** Who asks while it is being read waits for the same answer. */
  #read(): Promise<Cached> {
    this.#reading ??= this.#readAnew().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAnew(): Promise<Cached> {
    const readAt = this.#options.clock();
    const { keyring } = await this.#options.source.read();
    this.#cached = { keys: linkKeysOf(keyring), readAt };
    return this.#cached;
  }
}
