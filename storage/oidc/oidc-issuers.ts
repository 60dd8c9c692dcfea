/** Proves tokens of OpenID Connect issuers with `jose`, by the keys that each issuer publishes. */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { ServiceError, shorten } from '../../core/errors.ts';
import { CLOCK_TOLERANCE_SECONDS, type Claims, type IdTokens } from '../../core/ports/id-tokens.ts';
import { IssuerKeys } from './issuer-keys.ts';

/** With public keys only: otherwise a token could be signed with the key that everyone knows. */
const ALGORITHMS: readonly string[] = ['RS256', 'ES256', 'ES384'];
const MAX_TOKEN_AGE = '24h';
const MOST_BYTES = 256 * 1024;
const TIMEOUT_MS = 5_000;

export interface OidcIssuersOptions {
  readonly clock: Clock;
  /** Whether issuers may be in private networks, and on this machine without TLS. */
  readonly allowPrivate: boolean;
  /** PEM. @default the authorities that Node trusts */
  readonly ca?: string;
}

export class OidcIssuers implements IdTokens {
  readonly #options: OidcIssuersOptions;
  readonly #issuers = new Map<string, IssuerKeys>();

  constructor(options: OidcIssuersOptions) {
    this.#options = options;
  }

  async verify(token: string, issuer: string, audience: string): Promise<Claims> {
    const { alg, kid } = headerOf(token);
    if (alg === undefined || !ALGORITHMS.includes(alg))
      throw refusal(`its algorithm is ${shorten(String(alg))}, allowed: ${ALGORITHMS.join(', ')}`);
    const findKey = await this.#keysOf(issuer).finderFor(kid);
    const payload = await this.#prove(token, issuer, findKey, kid);
    requireAudience(payload, audience);
    return payload;
  }

  async #prove(
    token: string,
    issuer: string,
    findKey: Awaited<ReturnType<IssuerKeys['finderFor']>>,
    kid: string | undefined,
  ): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, findKey, {
        issuer,
        algorithms: [...ALGORITHMS],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: this.#options.clock(),
        maxTokenAge: MAX_TOKEN_AGE,
        requiredClaims: ['exp', 'iat', 'aud', 'sub'],
      });
      return payload;
    } catch (error) {
      throw refusal(whyRefused(error, issuer, kid), error);
    }
  }

  #keysOf(issuer: string): IssuerKeys {
    const known = this.#issuers.get(issuer);
    if (known !== undefined) return known;
    const { clock, ...rest } = this.#options;
    const keys = new IssuerKeys(issuer, clock, {
      ...rest,
      mostBytes: MOST_BYTES,
      timeoutMs: TIMEOUT_MS,
    });
    this.#issuers.set(issuer, keys);
    return keys;
  }
}

function headerOf(token: string): { readonly alg?: string; readonly kid?: string } {
  try {
    return decodeProtectedHeader(token);
  } catch (error) {
    throw refusal('it is no JWT', error);
  }
}

function requireAudience({ aud }: JWTPayload, audience: string): void {
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (audiences.length === 1 && audiences[0] === audience) return;
  throw refusal(
    `claim aud must be ${shorten(audience)} and nothing else, the token has ${shorten(JSON.stringify(aud))}; ask for that audience (GET /v1/trust/audience)`,
  );
}

function whyRefused(error: unknown, issuer: string, kid: string | undefined): string {
  if (error instanceof errors.JWTExpired)
    return error.claim === 'exp'
      ? `it expired at ${timeOf(error.payload.exp)}`
      : `it is older than ${MAX_TOKEN_AGE}`;
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'nbf'
      ? `it is valid from ${timeOf(error.payload.nbf)} on`
      : error.claim === 'iat' && error.payload.iat !== undefined
        ? `it was issued in the future, at ${timeOf(error.payload.iat)}`
        : `claim ${error.claim} is missing or wrong: ${error.message}`;
  if (error instanceof errors.JWKSNoMatchingKey)
    return `${issuer} has no key ${kid === undefined ? 'for it' : shorten(kid)}`;
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return `it does not say with which key of ${issuer} it was signed`;
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return `it was not signed with the key of ${issuer} that it names`;
  return error instanceof Error ? error.message : String(error);
}

function timeOf(seconds: unknown): string {
  const time = new Date(Number(seconds) * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}

function refusal(why: string, cause?: unknown): ServiceError {
  return new ServiceError('UNAUTHENTICATED', `the token to exchange is refused: ${why}`, { cause });
}
