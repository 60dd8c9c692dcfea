/** Checks a bearer token: turns it into a principal, and throttles tokens that fail. */
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { TokenRecord } from '../records.ts';
import { hashSecret, type Principal, parseToken } from './access.ts';
import { addressGroup } from './address-group.ts';
import { FairTurns } from './fair-turns.ts';

/**
 * How long a token is trusted after it was read. A revoked token is refused everywhere after this
 * time.
 */
const TOKEN_CACHE_SECONDS = 60;
const MAX_CACHED_TOKENS = 10_000;
const DAY_MS = 86_400_000;
/**
 * How long a tokenId that the catalog does not have is not looked up again. This cannot hide a new
 * token: ids are random.
 */
const UNKNOWN_SECONDS = 10;
/** How many tokens are looked up at the same time. Cached tokens do not wait for them. */
const LOOKUPS_AT_ONCE = 16;

/** Gets every token that is refused. */
export interface CountFailures {
  /** @returns the error to answer with instead of UNAUTHENTICATED */
  add(address: string): ServiceError | undefined;
}

interface CachedToken {
  readonly record: TokenRecord;
  readonly secretHash: Buffer;
  readonly freshUntil: number;
}

/**
 * Turns a bearer token into a principal, and caches what it read for a minute at most.
 * The failures of others never make it refuse a good token: each token is checked before its
 * failure is counted, and lookups wait for their turn instead of being refused.
 */
export class Authenticator {
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #adminToken: TokenRecord | undefined;
  readonly #failures: CountFailures | undefined;
  readonly #cache = new Map<string, CachedToken>();
  #revocations = 0;
  /** Until when a tokenId counts as unknown. */
  readonly #unknown = new Map<string, number>();
  readonly #onUse: ((tokenId: string, day: string) => void) | undefined;
  /** On which day, counted from 1970, a use was noted last. */
  readonly #used = new Map<string, number>();
  readonly #lookups = new FairTurns(LOOKUPS_AT_ONCE);

  /**
   * @param adminToken a token of the settings (ADMIN_TOKEN), valid until the setting is removed
   * @param failures counts the tokens that fail. @default failures are not counted or throttled
   * @param onUse is called for the first use of a token on a day (UTC), and seldom again
   */
  constructor(
    catalog: Catalog,
    clock: Clock,
    adminToken?: TokenRecord,
    failures?: CountFailures,
    onUse?: (tokenId: string, day: string) => void,
  ) {
    this.#onUse = onUse;
    this.#catalog = catalog;
    this.#clock = clock;
    this.#adminToken = adminToken;
    this.#failures = failures;
  }

  /**
   * @param address of the caller
   * @throws UNAUTHENTICATED, with one message for everything that can be wrong with the token;
   *   TOO_MANY_REQUESTS if too many tokens failed before
   */
  async authenticate(bearer: string | undefined, address = ''): Promise<Principal> {
    if (bearer === undefined)
      throw new ServiceError('UNAUTHENTICATED', 'a bearer token is required');
    const parsed = parseToken(bearer);
    if (parsed === undefined) throw this.#refused(address);
    const now = this.#clock().getTime();
    const token =
      this.#cached(parsed.tokenId, now) ?? (await this.#lookUp(parsed.tokenId, address, now));
    if (token === undefined) throw this.#refused(address);
    if (!timingSafeEqual(Buffer.from(hashSecret(parsed.secret), 'hex'), token.secretHash)) {
      throw this.#refused(address);
    }
    const { record } = token;
    if (record.expiresAt !== undefined && Date.parse(record.expiresAt) <= now)
      throw this.#refused(address);
    if (this.#onUse !== undefined) this.#noteUse(record.tokenId, now, this.#onUse);
    return record;
  }

  #noteUse(tokenId: string, now: number, onUse: (tokenId: string, day: string) => void): void {
    const day = Math.floor(now / DAY_MS);
    if (this.#used.get(tokenId) === day) return;
    if (this.#used.size >= MAX_CACHED_TOKENS) this.#used.clear();
    this.#used.set(tokenId, day);
    onUse(tokenId, new Date(now).toISOString().slice(0, 10));
  }

  /**
   * Whether a token still exists and has not expired: for what was made with it. May lag behind a
   * revocation by a minute.
   */
  async isAlive(tokenId: string): Promise<boolean> {
    const now = this.#clock().getTime();
    const record = await this.recordOf(tokenId);
    const expiresAt = record?.expiresAt;
    return record !== undefined && (expiresAt === undefined || Date.parse(expiresAt) > now);
  }

  /**
   * Counts a token of another issuer that was refused, as one that failed here.
   * @returns the error to answer with: the refusal, or TOO_MANY_REQUESTS
   */
  countRefusal(refusal: ServiceError, address: string): ServiceError {
    return this.#failures?.add(address) ?? refusal;
  }

  /** The record of a token, also of that of the settings. May lag behind by a minute. */
  async recordOf(tokenId: string): Promise<TokenRecord | undefined> {
    const now = this.#clock().getTime();
    const token = this.#cached(tokenId, now) ?? (await this.#lookUp(tokenId, '', now));
    return token?.record;
  }

  /** Whether this is the token of the settings, which only the settings can take away. */
  isOfSettings(tokenId: string): boolean {
    return this.#adminToken?.tokenId === tokenId;
  }

  /** A revoked token is refused at once by the process that revoked it. */
  forget(tokenId: string): void {
    this.#revocations += 1;
    this.#cache.delete(tokenId);
    this.#unknown.delete(tokenId);
  }

  #cached(tokenId: string, now: number): CachedToken | undefined {
    const entry = this.#cache.get(tokenId);
    return entry !== undefined && entry.freshUntil > now ? entry : undefined;
  }

  #refused(address: string): ServiceError {
    return this.#failures?.add(address) ?? refused();
  }

  async #lookUp(tokenId: string, address: string, now: number): Promise<CachedToken | undefined> {
    if (this.#isUnknown(tokenId, now)) return undefined;
    // Another request may have read the token while this one waited.
    return this.#lookups.run(addressGroup(address), async () =>
      this.#isUnknown(tokenId, now)
        ? undefined
        : (this.#cached(tokenId, now) ?? this.#read(tokenId, now)),
    );
  }

  #isUnknown(tokenId: string, now: number): boolean {
    return (this.#unknown.get(tokenId) ?? 0) > now;
  }

  async #read(tokenId: string, now: number): Promise<CachedToken | undefined> {
    const before = this.#revocations;
    const record = this.isOfSettings(tokenId)
      ? this.#adminToken
      : await this.#catalog.getToken(tokenId);
    if (record === undefined) {
      if (this.#unknown.size >= MAX_CACHED_TOKENS) this.#unknown.clear();
      this.#unknown.set(tokenId, now + UNKNOWN_SECONDS * 1000);
      return undefined;
    }
    if (this.#cache.size >= MAX_CACHED_TOKENS) this.#cache.clear();
    const entry: CachedToken = {
      record,
      secretHash: Buffer.from(record.secretSha256, 'hex'),
      freshUntil: now + TOKEN_CACHE_SECONDS * 1000,
    };
    // What was read before a revocation may be used for this one request only.
    if (before === this.#revocations) this.#cache.set(tokenId, entry);
    return entry;
  }
}

function refused(): ServiceError {
  return new ServiceError(
    'UNAUTHENTICATED',
    'the bearer token is unknown, expired, revoked or malformed',
  );
}
