/** Revokes a token, with the tokens that it made or without them. */

import { ServiceError } from '../errors.ts';
import { type Principal, patternCovers } from './access.ts';
import { TokenFamily } from './token-family.ts';
import type { TokenDeps } from './tokens.ts';

export interface Revocation {
  /**
   * True: the tokens that it made stay valid, under the makers above it. False: they are revoked
   * too.
   */
  readonly keepChildren: boolean;
}

/**
 * Repeatable. The tokens that it made go first: if this breaks off, the token still exists, and the
 * next try finds the rest. Tokens that it makes meanwhile are found after it is gone; from then on
 * it can make none (`createToken`).
 * @returns the tokenIds that are now revoked
 * @throws FORBIDDEN for a token beyond the caller's own limit, CONFLICT for the token of the
 *   settings
 */
export async function revokeToken(
  deps: TokenDeps,
  caller: Principal,
  tokenId: string,
  { keepChildren }: Revocation,
): Promise<readonly string[]> {
  if (deps.authenticator.isOfSettings(tokenId)) {
    throw new ServiceError(
      'CONFLICT',
      `token ${tokenId} is the one of ADMIN_TOKEN; change that setting to revoke it`,
    );
  }
  const token = await deps.catalog.getToken(tokenId);
  if (token !== undefined && !patternCovers(caller.versions, token.versions)) {
    throw new ServiceError(
      'FORBIDDEN',
      `this token is limited to versions matching ${caller.versions}`,
    );
  }
  const revoked = new Set([tokenId]);
  const settle = () =>
    keepChildren ? handOver(deps, caller, tokenId) : revokeMade(deps, caller, revoked);
  await settle();
  await remove(deps, tokenId);
  // Before the last look: a job that exchanges its token meanwhile finds the rule gone, or is found.
  await settleRules(deps, revoked, keepChildren);
  while (await settle());
  return [...revoked];
}

/**
 * Revokes the tokens that were made by a rule.
 * @returns the tokenIds that are now revoked
 */
export async function revokeMadeBy(
  deps: TokenDeps,
  caller: Principal,
  ruleId: string,
): Promise<readonly string[]> {
  const revoked = new Set([ruleId]);
  while (await revokeMade(deps, caller, revoked));
  return [...revoked].filter((tokenId) => tokenId !== ruleId);
}

/** The rules of trusted publishing that revoked tokens made: they go too, or lose those makers. */
async function settleRules(
  { catalog }: TokenDeps,
  revoked: ReadonlySet<string>,
  keepRules: boolean,
): Promise<void> {
  for (const { ruleId, makers } of await catalog.allTrustRules()) {
    const others = makers.filter((maker) => !revoked.has(maker));
    if (others.length === makers.length) continue;
    if (keepRules) await catalog.setTrustRuleMakers(ruleId, others);
    else await catalog.deleteTrustRule(ruleId);
  }
}

/**
 * @param revoked gets the tokenIds that are revoked now
 * @returns whether there were any
 */
async function revokeMade(
  deps: TokenDeps,
  caller: Principal,
  revoked: Set<string>,
): Promise<boolean> {
  const made = await reachable(deps, caller, revoked);
  for (const { tokenId } of made) {
    await remove(deps, tokenId);
    revoked.add(tokenId);
  }
  return made.length > 0;
}

/** Removes `tokenId` from the makers of the tokens that it made. @returns whether there were any */
async function handOver(deps: TokenDeps, caller: Principal, tokenId: string): Promise<boolean> {
  const made = await reachable(deps, caller, new Set([tokenId]));
  for (const { makers, ...token } of made) {
    await deps.catalog.setTokenMakers(
      token.tokenId,
      makers.filter((maker) => maker !== tokenId),
    );
  }
  return made.length > 0;
}

/**
 * The tokens that `makers` made and that are within the caller's limit. The limits of the makers do
 * not matter: they may be gone.
 */
async function reachable(deps: TokenDeps, caller: Principal, makers: ReadonlySet<string>) {
  const family = new TokenFamily(await deps.catalog.allTokens());
  return family
    .madeBy(makers)
    .filter((token) => patternCovers(caller.versions, token.versions))
    .map((token) => ({ tokenId: token.tokenId, makers: family.makersOf(token) }));
}

async function remove({ catalog, authenticator }: TokenDeps, tokenId: string): Promise<void> {
  await catalog.deleteToken(tokenId);
  authenticator.forget(tokenId);
}
