/**
 * Limits what failed tokens may cost the service: counts them by address and in all, and says which
 * are too many.
 */

import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import { addressGroup } from './address-group.ts';
import { type Rate, RateLimit } from './rate-limit.ts';

export interface FailedTokensLimits {
  readonly perAddress: Rate;
  readonly inAll: Rate;
}

const LIMITS: FailedTokensLimits = {
  perAddress: { burst: 60, perSecond: 1 },
  inAll: { burst: 600, perSecond: 10 },
};
/** How many addresses are remembered. The ones that failed longest ago are forgotten first. */
const MAX_ADDRESSES = 10_000;

/** The answer to a failed token that is one too many. */
export class TooManyFailedTokens extends ServiceError {
  constructor() {
    super(
      'TOO_MANY_REQUESTS',
      'too many requests with unknown, expired, revoked or malformed tokens; wait, and check the token',
    );
  }
}

interface FailedTokensCount {
  /** Answered with 401 or 429. */
  readonly failed: number;
  /** Of these, answered with 429. */
  readonly throttled: number;
}

export interface FailedTokensReport extends FailedTokensCount {
  /** Since the service began. */
  readonly failedSinceStart: number;
  /** Those that failed most often first. */
  readonly addresses: readonly (FailedTokensCount & { readonly address: string })[];
}

export class FailedTokens {
  readonly #clock: Clock;
  readonly #limits: FailedTokensLimits;
  readonly #inAll: RateLimit;
  /** By group of addresses, those that failed last at the end. */
  readonly #byAddress = new Map<string, RateLimit>();
  #counts = new Map<string, { failed: number; throttled: number }>();
  #failed = 0;
  #throttled = 0;
  #sinceStart = 0;

  constructor(clock: Clock, limits: FailedTokensLimits = LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
    this.#inAll = new RateLimit(limits.inAll);
  }

  /** Counts one more. @returns the error to answer with if it is one too many */
  add(address: string): TooManyFailedTokens | undefined {
    const now = this.#clock().getTime();
    const group = addressGroup(address);
    const ofAddress = this.#byAddress.get(group) ?? new RateLimit(this.#limits.perAddress);
    this.#byAddress.delete(group);
    if (this.#byAddress.size >= MAX_ADDRESSES) deleteFirst(this.#byAddress);
    this.#byAddress.set(group, ofAddress);
    // An address over its own limit takes nothing from the limit that all share.
    const allowed = ofAddress.take(now) && this.#inAll.take(now);
    this.#count(group, !allowed);
    return allowed ? undefined : new TooManyFailedTokens();
  }

  /** What failed since the last report; undefined where nothing did. */
  takeReport(): FailedTokensReport | undefined {
    if (this.#failed === 0) return undefined;
    const addresses = [...this.#counts]
      .map(([address, count]) => ({ address, ...count }))
      .sort((left, right) => right.failed - left.failed);
    const report = {
      failed: this.#failed,
      throttled: this.#throttled,
      failedSinceStart: this.#sinceStart,
      addresses,
    };
    this.#counts = new Map();
    this.#failed = 0;
    this.#throttled = 0;
    return report;
  }

  #count(group: string, throttled: boolean): void {
    this.#sinceStart++;
    this.#failed++;
    if (throttled) this.#throttled++;
    const count = this.#counts.get(group) ?? { failed: 0, throttled: 0 };
    count.failed++;
    if (throttled) count.throttled++;
    if (this.#counts.size < MAX_ADDRESSES || this.#counts.has(group))
      this.#counts.set(group, count);
  }
}

function deleteFirst(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
