/** Making, listing and revoking tokens. */
import { randomBytes } from 'node:crypto';
import { type Authenticator, hashSecret, hasScope, type Principal, patternCovers } from './access.ts';
import type { Clock } from './clock.ts';
import { ServiceError } from './errors.ts';
import type { Catalog, Page, PageRequest } from './ports/catalog.ts';
import type { Scope, TokenRecord } from './records.ts';

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
}

/** Makes a token, without a word on who may: `createToken` says that. */
export function issueToken(wanted: NewToken, createdBy: string, now: Date): IssuedToken {
  const tokenId = randomBytes(10).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const record: TokenRecord = {
    tokenId,
    secretSha256: hashSecret(secret),
    name: wanted.name,
    scopes: [...new Set(wanted.scopes)],
    ...(wanted.versions === undefined ? {} : { versions: wanted.versions }),
    ...(wanted.expiresAt === undefined ? {} : { expiresAt: new Date(wanted.expiresAt).toISOString() }),
    createdAt: now.toISOString(),
    createdBy,
  };
  return { record, token: `stw_${tokenId}_${secret}` };
}

/**
 * Makes a token that is no broader and no longer-lived than its maker.
 * @throws FORBIDDEN, INVALID_INPUT where the expiry has passed
 */
export async function createToken(deps: TokenDeps, maker: Principal, wanted: NewToken): Promise<IssuedToken> {
  const now = deps.clock();
  const expiry = wanted.expiresAt === undefined ? undefined : Date.parse(wanted.expiresAt);
  if (expiry !== undefined && expiry <= now.getTime()) {
    throw new ServiceError('INVALID_INPUT', `expiresAt must be later than now, got ${wanted.expiresAt}`);
  }
  if (!wanted.scopes.every((scope) => hasScope(maker.scopes, scope))) {
    throw new ServiceError(
      'FORBIDDEN',
      `a token can't be broader than its maker, which has ${maker.scopes.join(', ')}`,
    );
  }
  if (!patternCovers(maker.versions, wanted.versions)) {
    throw new ServiceError('FORBIDDEN', `versions must lie within ${maker.versions}, the maker's own limit`);
  }
  if (maker.expiresAt !== undefined && (expiry === undefined || expiry > Date.parse(maker.expiresAt))) {
    throw new ServiceError(
      'FORBIDDEN',
      `expiresAt must be set, and not after ${maker.expiresAt}, when its maker expires`,
    );
  }
  const issued = issueToken(wanted, maker.tokenId, now);
  if (await deps.catalog.createToken(issued.record)) return issued;
  throw new ServiceError('CONFLICT', 'a token with that id exists; ask again');
}

/** A maker that is limited to versions sees the tokens within its limit. */
export async function listTokens(deps: TokenDeps, caller: Principal, page: PageRequest): Promise<Page<TokenRecord>> {
  const found = await deps.catalog.listTokens(page);
  return { ...found, items: found.items.filter((token) => patternCovers(caller.versions, token.versions)) };
}

/**
 * Revokes a token; repeatable.
 * @throws FORBIDDEN for one beyond the caller's own limit, CONFLICT for the one of the settings
 */
export async function deleteToken(
  deps: TokenDeps & { readonly authenticator: Authenticator },
  caller: Principal,
  tokenId: string,
): Promise<void> {
  if (deps.authenticator.isOfSettings(tokenId)) {
    throw new ServiceError('CONFLICT', `token ${tokenId} is the one of ADMIN_TOKEN; change that setting to revoke it`);
  }
  const token = await deps.catalog.getToken(tokenId);
  if (token !== undefined && !patternCovers(caller.versions, token.versions)) {
    throw new ServiceError('FORBIDDEN', `this token is limited to versions matching ${caller.versions}`);
  }
  await deps.catalog.deleteToken(tokenId);
  deps.authenticator.forget(tokenId);
}
