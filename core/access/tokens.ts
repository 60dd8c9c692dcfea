/** Making and listing tokens. */

import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { Catalog, Page, PageRequest } from '../ports/catalog.ts';
import type { Scope, TokenRecord } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { hashSecret, hasScope, type Principal, patternCovers, randomTokenId } from './access.ts';
import type { Authenticator } from './authenticator.ts';

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly versions?: string | undefined;
  /** RFC 3339, any offset. */
  readonly expiresAt?: string | undefined;
}

/** A token with its text, which is shown once and never kept. */
export interface IssuedToken {
  readonly record: TokenRecord;
  readonly token: string;
}

export interface TokenDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly authenticator: Pick<Authenticator, 'isOfSettings' | 'forget'>;
}

/** Limits the size of a record: a token that made a token that made a token, and so on. */
const MOST_MAKERS = 500;

/**
 * Makes a token without asking whether the caller may; `createToken` checks that.
 * @param tokenId from `newTokenId` of the catalog
 */
export function issueToken(
  wanted: NewToken,
  createdBy: string,
  now: Date,
  makers: readonly string[] = [],
  tokenId = randomTokenId(),
): IssuedToken {
  const secret = randomBytes(32).toString('base64url');
  const record: TokenRecord = {
    tokenId,
    secretSha256: hashSecret(secret),
    name: wanted.name,
    scopes: [...new Set(wanted.scopes)],
    ...withoutUndefined({
      versions: wanted.versions,
      expiresAt:
        wanted.expiresAt === undefined ? undefined : new Date(wanted.expiresAt).toISOString(),
    }),
    createdAt: now.toISOString(),
    createdBy,
    makers,
  };
  return { record, token: `stw_${tokenId}_${secret}` };
}

/**
 * Makes a token that has no wider scope and no longer life than its maker, and is revoked with it.
 * @throws FORBIDDEN, INVALID_INPUT if the expiry has passed, UNAUTHENTICATED if the maker was
 *   revoked
 */
export async function createToken(
  deps: TokenDeps,
  maker: Principal,
  wanted: NewToken,
): Promise<IssuedToken> {
  const now = deps.clock();
  requireLater(now, wanted.expiresAt);
  if (!wanted.scopes.every((scope) => hasScope(maker.scopes, scope))) {
    throw new ServiceError(
      'FORBIDDEN',
      `a token can't be broader than its maker, which has ${maker.scopes.join(', ')}`,
    );
  }
  if (!patternCovers(maker.versions, wanted.versions)) {
    throw new ServiceError(
      'FORBIDDEN',
      `versions must be within ${maker.versions}, the maker's own limit`,
    );
  }
  requireNotAfter(maker, wanted.expiresAt);
  return keepToken(deps, maker, (makers, tokenId) =>
    issueToken(wanted, maker.tokenId, now, makers, tokenId),
  );
}

/** @throws INVALID_INPUT */
export function requireLater(now: Date, expiresAt: string | undefined): void {
  if (expiresAt === undefined || Date.parse(expiresAt) > now.getTime()) return;
  throw new ServiceError('INVALID_INPUT', `expiresAt must be later than now, got ${expiresAt}`);
}

/** No token lives longer than its maker. @throws FORBIDDEN */
export function requireNotAfter(maker: Principal, expiresAt: string | undefined): void {
  const latest = maker.expiresAt;
  if (latest === undefined) return;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(latest)) return;
  throw new ServiceError(
    'FORBIDDEN',
    `expiresAt must be set, and not after ${latest}, when its maker expires`,
  );
}

/**
 * Keeps what a token makes, to be revoked with it.
 * @throws UNAUTHENTICATED if the maker was revoked
 */
export async function keepToken(
  deps: TokenDeps,
  maker: Principal,
  issue: (makers: readonly string[], tokenId: string) => IssuedToken,
): Promise<IssuedToken> {
  const makers = await makersBelow(deps, maker);
  const issued = issue(makers, await deps.catalog.newTokenId());
  if (!(await deps.catalog.createToken(issued.record))) {
    throw new ServiceError('CONFLICT', 'a token with that id exists; ask again');
  }
  if (await isStillThere(deps, maker)) return issued;
  // The maker was revoked meanwhile, and that may have missed this token.
  await deps.catalog.deleteToken(issued.record.tokenId);
  throw revokedMaker();
}

/**
 * The makers of what `maker` makes. Reads the maker again, because this process may have cached it
 * before it was revoked.
 */
export async function makersBelow(
  { catalog, authenticator }: TokenDeps,
  maker: Principal,
): Promise<readonly string[]> {
  if (authenticator.isOfSettings(maker.tokenId)) return [maker.tokenId];
  let above = await catalog.getToken(maker.tokenId);
  if (above === undefined) throw revokedMaker();
  const makers = [maker.tokenId];
  while (above !== undefined && makers.length <= MOST_MAKERS) {
    if (above.makers !== undefined) {
      makers.unshift(...above.makers);
      break;
    }
    makers.unshift(above.createdBy);
    above = await catalog.getToken(above.createdBy);
  }
  if (makers.length <= MOST_MAKERS) return makers;
  throw new ServiceError(
    'FORBIDDEN',
    `there are ${MOST_MAKERS} makers above this token already, which is the most; use a token that was made earlier`,
  );
}

/** Whether a maker still is there, or is the token of the settings. */
export async function isStillThere(
  { catalog, authenticator }: TokenDeps,
  { tokenId }: Principal,
): Promise<boolean> {
  return authenticator.isOfSettings(tokenId) || (await catalog.getToken(tokenId)) !== undefined;
}

export function revokedMaker(): ServiceError {
  return new ServiceError('UNAUTHENTICATED', 'the token that asks for this was revoked');
}

/** A caller that is limited to versions sees the tokens within its limit. */
export async function listTokens(
  deps: TokenDeps,
  caller: Principal,
  page: PageRequest,
): Promise<Page<TokenRecord>> {
  const found = await deps.catalog.listTokens(page);
  return {
    ...found,
    items: found.items.filter((token) => patternCovers(caller.versions, token.versions)),
  };
}
