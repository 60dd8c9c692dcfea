/** Revoking a token, with those that it made or without them. */

import { ServiceError } from '../errors.ts';
import { type Principal, patternCovers } from './access.ts';
import { TokenFamily } from './token-family.ts';
import type { TokenDeps } from './tokens.ts';

export interface Revocation {
  /** What the token made lives on, below the makers above it. False: it is revoked too. */
  readonly keepChildren: boolean;
}

/**
 * Repeatable. What the token made goes first: when this breaks off, the token still exists, and
 * the next try finds what is left. Whatever it makes meanwhile is found once it is gone; after that
 * it makes nothing (`createToken`).
 * @returns the tokenIds that are revoked now
 * @throws FORBIDDEN for a token beyond the caller's own limit, CONFLICT for the one of the settings
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
  while (await settle());
  return [...revoked];
}

/** @param revoked grows by what is revoked now @returns whether there was anything */
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

/** Takes `tokenId` out of the makers of what it made. @returns whether there was anything */
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
 * What `makers` made, as far as the caller's limit reaches: the maker itself may be gone, and say
 * nothing of limits.
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
