/** Exchanges a token of another issuer for one of this service, where a rule says so. */
import { hash } from 'node:crypto';
import { issueToken } from '../access/tokens.ts';
import type { Clock } from '../clock.ts';
import { ServiceError, shorten } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import { CLOCK_TOLERANCE_SECONDS, type Claims, type IdTokens } from '../ports/id-tokens.ts';
import type { TokenRecord, TrustRule } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { describeMismatch, idsToPin, mismatchOf } from './match-claims.ts';
import { originOf } from './origin.ts';
import { versionsFor } from './ref-name.ts';

export interface ExchangeDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly idTokens: IdTokens;
}

export interface Exchanged {
  readonly record: TokenRecord & { readonly expiresAt: string };
  readonly token: string;
  readonly ruleId: string;
}

/** How much longer than its own life a used token is remembered. */
const REMEMBERED_SECONDS = 300;

/**
 * @param audience the only one that the token may have: the address of this service
 * @throws UNAUTHENTICATED that says why, for people who write the rule and the job
 */
export async function exchangeToken(
  deps: ExchangeDeps,
  token: string,
  audience: string,
): Promise<Exchanged> {
  const issuer = issuerOf(token);
  const rules = await rulesOf(deps, issuer);
  const claims = await deps.idTokens.verify(token, issuer, audience);
  const rule = findRule(rules, claims, issuer);
  const versions = versionsFor(rule, claims);
  await use(deps, token, issuer, claims);
  await pin(deps, rule, claims);
  const now = deps.clock();
  const ends = [now.getTime() + rule.lifetimeSeconds * 1000];
  if (rule.expiresAt !== undefined) ends.push(Date.parse(rule.expiresAt));
  const expiresAt = new Date(Math.min(...ends)).toISOString();
  const origin = originOf(issuer, claims);
  const { name, scopes, ruleId } = rule;
  const wanted = { name, scopes, ...withoutUndefined({ versions }), expiresAt };
  const tokenId = await deps.catalog.newTokenId();
  const issued = issueToken(wanted, ruleId, now, [...rule.makers, ruleId], tokenId);
  const record = { ...issued.record, expiresAt, origin };
  if (!(await deps.catalog.createToken(record)))
    throw new ServiceError('CONFLICT', 'a token with that id exists; ask again');
  if ((await rulesOf(deps, issuer)).some((one) => one.ruleId === ruleId))
    return { record, token: issued.token, ruleId };
  // The rule was removed meanwhile, and that may have missed this token.
  await deps.catalog.deleteToken(tokenId);
  throw new ServiceError('UNAUTHENTICATED', `rule ${shorten(name)} was removed`);
}

/** Which rules are for an issuer, the oldest first. @throws UNAUTHENTICATED if there is none */
async function rulesOf({ catalog, clock }: ExchangeDeps, issuer: string): Promise<TrustRule[]> {
  const now = clock().toISOString();
  const rules = (await catalog.allTrustRules()).filter((rule) => rule.issuer === issuer);
  const alive = rules.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  if (alive.length > 0)
    return alive.sort((left, right) => (left.createdAt < right.createdAt ? -1 : 1));
  throw new ServiceError(
    'UNAUTHENTICATED',
    rules.length > 0
      ? `the rules for issuer ${shorten(issuer)} expired with the tokens that made them`
      : `no rule of this service trusts the issuer ${shorten(issuer)}`,
  );
}

/** @throws UNAUTHENTICATED with the claim that does not match */
function findRule(rules: readonly TrustRule[], claims: Claims, issuer: string): TrustRule {
  const near: string[] = [];
  for (const rule of rules) {
    const mismatch = mismatchOf(rule, claims);
    if (mismatch === undefined) return rule;
    if (mismatch.isNear) near.push(`rule ${shorten(rule.name)}: ${describeMismatch(mismatch)}`);
  }
  const [first, second] = near;
  const why =
    first === undefined
      ? `none for issuer ${shorten(issuer)} is about its project`
      : second === undefined
        ? first
        : near.slice(0, 3).join('; ');
  throw new ServiceError('UNAUTHENTICATED', `no rule trusts this token: ${why}`);
}

/** @throws UNAUTHENTICATED if the token was exchanged before */
async function use(
  { catalog, clock }: ExchangeDeps,
  token: string,
  issuer: string,
  claims: Claims,
): Promise<void> {
  const { jti, exp } = claims;
  // Signatures can be written in more than one way, so only what is signed counts.
  const signed = token.slice(0, token.lastIndexOf('.'));
  const id = typeof jti === 'string' && jti !== '' ? `jti ${jti}` : signed;
  const key = hash('sha256', `${issuer}\n${id}`);
  const ends = (Number(exp) + CLOCK_TOLERANCE_SECONDS + REMEMBERED_SECONDS) * 1000;
  const now = clock().toISOString();
  if (await catalog.useOnce(key, new Date(ends).toISOString(), now)) return;
  throw new ServiceError(
    'UNAUTHENTICATED',
    'this token was exchanged before (its jti was used); get a new one for each exchange',
  );
}

/** @throws UNAUTHENTICATED if another token was faster and has other ids */
async function pin({ catalog }: ExchangeDeps, rule: TrustRule, claims: Claims): Promise<void> {
  if (rule.pinned !== undefined) return;
  const ids = idsToPin(rule, claims);
  if (Object.keys(ids).length === 0 || (await catalog.pinTrustRule(rule.ruleId, ids))) return;
  const rules = await catalog.allTrustRules();
  const now = rules.filter((one) => one.ruleId === rule.ruleId);
  findRule(now, claims, rule.issuer);
}

/** As the token says; nothing is proven by that. @throws UNAUTHENTICATED */
function issuerOf(token: string): string {
  const [, payload, , more] = token.split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
    const issuer = (claims as { readonly iss?: unknown } | null)?.iss;
    if (typeof issuer === 'string' && more === undefined) return issuer;
  } catch (error) {
    throw noToken(error);
  }
  throw noToken();
}

function noToken(cause?: unknown): ServiceError {
  return new ServiceError(
    'UNAUTHENTICATED',
    'the token to exchange is no JWT with an issuer (iss)',
    { cause },
  );
}
