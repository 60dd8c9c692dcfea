/** Who may do what: scopes, version patterns, and the check of a token. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Scope, TokenRecord } from '../records.ts';
import { addressGroup } from './address-group.ts';
import type { FailedTokens } from './failed-tokens.ts';
import { FairTurns } from './fair-turns.ts';

/** Who calls: what a token grants once it has been checked. */
export interface Principal {
  readonly tokenId: string;
  readonly scopes: readonly Scope[];
  readonly versions?: string;
  readonly expiresAt?: string;
}

/** `stw_<tokenId>_<secret>`: the secret is 256 bits in base64url. */
const TOKEN = /^stw_([a-z0-9]{8,32})_([A-Za-z0-9_-]{43})$/;

/** What a token's text says. */
export interface ParsedToken {
  readonly tokenId: string;
  readonly secret: string;
}

/** @returns undefined where the text is not formed like a token */
export function parseToken(text: string): ParsedToken | undefined {
  const [, tokenId, secret] = TOKEN.exec(text) ?? [];
  return tokenId === undefined || secret === undefined ? undefined : { tokenId, secret };
}

/**
 * SHA-256 of a token's secret, as records keep it. The secret has 256 random bits, so no slow hash
 * is needed.
 */
export function hashSecret(secret: string): string {
  return hash('sha256', secret);
}

const RANK: Readonly<Record<Scope, number>> = { read: 1, publish: 2, admin: 3 };

/** Whether `scopes` hold `needed`: admin includes publish includes read. */
export function hasScope(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.some((scope) => RANK[scope] >= RANK[needed]);
}

/** Whether a principal may see or touch a version at all. */
export function coversVersion(principal: Principal, versionId: VersionId): boolean {
  return principal.versions === undefined || matchesPattern(principal.versions, versionId);
}

/** @throws FORBIDDEN */
export function requireVersion(principal: Principal, versionId: VersionId): void {
  if (coversVersion(principal, versionId)) return;
  throw new ServiceError(
    'FORBIDDEN',
    `this token is limited to versions matching ${principal.versions}, got ${versionId}`,
  );
}

/** @throws FORBIDDEN */
export function requireScope(principal: Principal, needed: Scope): void {
  if (hasScope(principal.scopes, needed)) return;
  throw new ServiceError(
    'FORBIDDEN',
    `this needs scope ${needed}, the token has ${principal.scopes.join(', ')}`,
  );
}

/**
 * Whether `text` matches a pattern. The only wildcard is `*`, which matches any text, also none.
 * Takes linear time for one star, quadratic time at worst.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let retry = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++retry;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/**
 * Whether every text that matches `inner` also matches `outer`. Only a `*` of `outer` can match a
 * `*` of `inner`, because versionIds hold no `*`. So it is enough to match `inner` as text.
 */
export function patternCovers(outer: string | undefined, inner: string | undefined): boolean {
  return outer === undefined || (inner !== undefined && matchesPattern(outer, inner));
}

/**
 * How long a token is trusted after it was read. A revoked token is refused everywhere after this
 * time.
 */
const TOKEN_CACHE_SECONDS = 60;
const MAX_CACHED_TOKENS = 10_000;
/**
 * How long a tokenId that the catalog does not have is not looked up again. This cannot hide a new
 * token: ids are random.
 */
const UNKNOWN_SECONDS = 10;
/** How many tokens are looked up at the same time. Cached tokens do not wait for them. */
const LOOKUPS_AT_ONCE = 16;

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
  readonly #failures: FailedTokens | undefined;
  readonly #cache = new Map<string, CachedToken>();
  #revocations = 0;
  /** Until when a tokenId counts as unknown. */
  readonly #unknown = new Map<string, number>();
  readonly #lookups = new FairTurns(LOOKUPS_AT_ONCE);

  /**
   * @param adminToken a token of the settings (ADMIN_TOKEN), valid until the setting is removed
   * @param failures counts the tokens that fail. @default failures are not counted or throttled
   */
  constructor(catalog: Catalog, clock: Clock, adminToken?: TokenRecord, failures?: FailedTokens) {
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
    return record;
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
