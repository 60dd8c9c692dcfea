/** The public keys of one issuer: found by its discovery document, kept, and read again when due. */
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import { type ReadOptions, readJson } from './read-json.ts';

export type FindKey = ReturnType<typeof createLocalJWKSet>;

/** A key that the issuer took back is trusted this long at most, while the issuer answers. */
const FRESH_MS = 15 * 60_000;
/** How long the keys are used if the issuer does not answer. */
const STALE_MS = 24 * 3_600_000;
/** Strangers can send tokens with invented key ids: the issuer is not asked for each. */
const PAUSE_MS = 60_000;

interface Kept {
  readonly find: FindKey;
  readonly kids: ReadonlySet<string | undefined>;
  readonly readAt: number;
}

export class IssuerKeys {
  readonly #issuer: string;
  readonly #clock: Clock;
  readonly #options: ReadOptions;
  #kept: Kept | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #fault: unknown;
  #reading: Promise<void> | undefined;

  constructor(issuer: string, clock: Clock, options: ReadOptions) {
    this.#issuer = issuer;
    this.#clock = clock;
    this.#options = options;
  }

  /** @param kid of the token's key @throws UNAVAILABLE if there are no keys that may be used */
  async finderFor(kid: string | undefined): Promise<FindKey> {
    const now = this.#clock().getTime();
    const isDue = (this.#kept?.readAt ?? Number.NEGATIVE_INFINITY) + FRESH_MS <= now;
    const isUnknown = kid !== undefined && this.#kept?.kids.has(kid) !== true;
    if ((isDue || isUnknown) && this.#triedAt + PAUSE_MS <= now) {
      this.#triedAt = now;
      this.#reading = this.#read(now);
    }
    await this.#reading;
    const kept = this.#kept;
    if (kept !== undefined && kept.readAt + STALE_MS > now) return kept.find;
    const why = this.#fault instanceof Error ? this.#fault.message : 'they are too old';
    throw new ServiceError('UNAVAILABLE', `the keys of ${this.#issuer} can't be read: ${why}`, {
      cause: this.#fault,
    });
  }

  /** Keeps the keys that were read before, where these can't be read. */
  async #read(now: number): Promise<void> {
    try {
      const keys = await readKeys(this.#issuer, this.#options);
      const kids = new Set(keys.keys.map(({ kid }) => kid));
      this.#kept = { find: createLocalJWKSet(keys), kids, readAt: now };
      this.#fault = undefined;
    } catch (error) {
      this.#fault = error;
    }
  }
}

/** @throws Error */
async function readKeys(issuer: string, options: ReadOptions): Promise<JSONWebKeySet> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = fieldsOf(await readJson(address, options));
  if (found['issuer'] !== issuer)
    throw new Error(`${address} is of another issuer: ${JSON.stringify(found['issuer'])}`);
  const { jwks_uri: at } = found;
  if (typeof at !== 'string') throw new Error(`${address} has no jwks_uri`);
  const { keys } = fieldsOf(await readJson(at, options));
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${at} holds no keys`);
  return { keys };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
