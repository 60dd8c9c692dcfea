/**
 * Checks whether the store and the catalog answer: at most once a second, however many callers ask.
 */
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../names.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Catalog } from '../ports/catalog.ts';

/** Resolves if the part that it asks answers. */
export type ReadinessCheck = () => Promise<unknown>;

const FRESH_MS = 1000;
const LIMIT_MS = 5000;

export class Readiness {
  readonly #checks: readonly ReadinessCheck[];
  readonly #clock: Clock;
  readonly #limitMs: number;
  #last: { readonly at: number; readonly answer: Promise<void> } | undefined;

  /** @param limitMs a part that has not answered by then counts as unavailable */
  constructor(checks: readonly ReadinessCheck[], clock: Clock, limitMs = LIMIT_MS) {
    this.#checks = checks;
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** @throws UNAVAILABLE */
  check(): Promise<void> {
    const now = this.#clock().getTime();
    const age = this.#last === undefined ? FRESH_MS : now - this.#last.at;
    // An old answer must not be kept if the clock was set back.
    if (this.#last !== undefined && age >= 0 && age < FRESH_MS) return this.#last.answer;
    const answer = this.#ask();
    answer.catch(() => undefined);
    this.#last = { at: now, answer };
    return answer;
  }

  async #ask(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`no answer within ${this.#limitMs} ms`)),
      this.#limitMs,
    );
    try {
      await Promise.race([Promise.all(this.#checks.map((check) => check())), late.promise]);
    } catch (cause) {
      throw new ServiceError('UNAVAILABLE', 'the store or the catalog does not answer', { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

const NOWHERE = parseVersionId('readyz');

/** One strongly consistent read of a record that does not exist. */
export function catalogAnswers(catalog: Pick<Catalog, 'getVersion'>): ReadinessCheck {
  return () => catalog.getVersion(NOWHERE);
}

/**
 * Asks about a file that does not exist: on disk this shows whether the tree exists, in S3 whether
 * the bucket does.
 */
export function storeAnswers(store: Pick<BlobStore, 'stat'>): ReadinessCheck {
  const key = packageKey(NOWHERE, parsePackageId('readyz'), parseExt('bin'));
  return () => store.stat(key);
}
