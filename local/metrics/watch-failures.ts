/** Counts the calls of a store or a catalog that failed by a fault, not by a question of the caller. */
import { isServiceError } from '../../core/errors.ts';
import type { Family } from './exposition.ts';

/** Codes of errors that are no fault of store or catalog: the caller asked for what is not there. */
const NO_FAULTS: ReadonlySet<string> = new Set([
  'INVALID_INPUT',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'CONFLICT',
  'NOT_UPLOADED',
  'NOT_SUPPORTED',
  'TOO_LARGE',
]);

export class FailureCounts {
  readonly #counts = new Map<string, number>();

  /**
   * The same object, whose rejected calls are counted. Streams that fail while they are read are
   * not.
   * @param part `store` or `catalog`
   */
  watch<Watched extends object>(part: string, watched: Watched): Watched {
    const onFailure = (error: unknown) => this.#add(part, error);
    const calls = new Map<string | symbol, unknown>();
    return new Proxy(watched, {
      get: (target, name) => {
        const known = calls.get(name);
        if (known !== undefined) return known;
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const call = (...words: readonly unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, words);
          if (result instanceof Promise) result.catch(onFailure);
          return result;
        };
        calls.set(name, call);
        return call;
      },
    });
  }

  families(): readonly Family[] {
    const samples = [...this.#counts].map(([key, value]) => {
      const [part = '', code = ''] = key.split(' ');
      return { labels: { part, code }, value };
    });
    const help = 'Calls of store or catalog that failed.';
    return [{ name: 'stowage_failures_total', type: 'counter', help, samples }];
  }

  #add(part: string, error: unknown): void {
    const code = isServiceError(error) ? error.code : 'OTHER';
    if (NO_FAULTS.has(code)) return;
    const key = `${part} ${code}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}
