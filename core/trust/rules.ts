/** Making, listing and removing the rules of trusted publishing. */
import { hasScope, type Principal, patternCovers } from '../access/access.ts';
import { revokeMadeBy } from '../access/revoke-token.ts';
import { isStillThere, makersBelow, revokedMaker, type TokenDeps } from '../access/tokens.ts';
import { ServiceError } from '../errors.ts';
import type { Page, PageRequest } from '../ports/catalog.ts';
import type { ClaimPattern, Scope, TrustRule } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { isOne, valuesOf } from './match-claims.ts';
import { hasRefName, isLimitedToTags, REF_NAME } from './ref-name.ts';

export interface NewTrustRule {
  readonly name: string;
  readonly issuer: string;
  readonly claims: Readonly<Record<string, ClaimPattern>>;
  readonly scopes: readonly Scope[];
  readonly versions?: string | undefined;
  readonly lifetimeSeconds: number;
}

const MOST_RULES = 500;

/** Issuers that sign for everyone: a rule must say whose jobs it means, by one of these claims. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  'https://token.actions.githubusercontent.com': [
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
  ],
  'https://gitlab.com': ['project_path', 'project_id', 'namespace_path', 'namespace_id'],
  'https://agent.buildkite.com': ['organization_id'],
  'https://accounts.google.com': ['sub', 'email'],
};

/**
 * Makes a rule that makes no token which its maker could not make, and that goes with its maker.
 * @throws INVALID_INPUT, FORBIDDEN, CONFLICT, UNAUTHENTICATED if the maker was revoked
 */
export async function createTrustRule(
  deps: TokenDeps,
  maker: Principal,
  wanted: NewTrustRule,
): Promise<TrustRule> {
  requireAnchor(wanted);
  if (hasRefName(wanted.versions) && !isLimitedToTags(wanted))
    throw new ServiceError(
      'INVALID_INPUT',
      'versions with {ref_name} need a claim that allows tags only, such as ref_type: tag or ref: refs/tags/*',
    );
  if (!wanted.scopes.every((scope) => hasScope(maker.scopes, scope)))
    throw new ServiceError('FORBIDDEN', `a rule can't be broader than its maker`);
  const versions = wanted.versions?.replace(REF_NAME, '*');
  if (!patternCovers(maker.versions, versions))
    throw new ServiceError(
      'FORBIDDEN',
      `versions must be within ${maker.versions}, the maker's own limit`,
    );
  if ((await deps.catalog.allTrustRules()).length >= MOST_RULES)
    throw new ServiceError('CONFLICT', `there are ${MOST_RULES} rules, which is the most`);
  const rule: TrustRule = {
    ruleId: await deps.catalog.newTokenId(),
    name: wanted.name,
    issuer: wanted.issuer,
    claims: wanted.claims,
    scopes: [...new Set(wanted.scopes)],
    lifetimeSeconds: wanted.lifetimeSeconds,
    ...withoutUndefined({ versions: wanted.versions, expiresAt: maker.expiresAt }),
    createdAt: deps.clock().toISOString(),
    createdBy: maker.tokenId,
    makers: await makersBelow(deps, maker),
  };
  if (!(await deps.catalog.createTrustRule(rule)))
    throw new ServiceError('CONFLICT', 'a rule with that id exists; ask again');
  if (await isStillThere(deps, maker)) return rule;
  // The maker was revoked meanwhile, and that may have missed this rule.
  await deps.catalog.deleteTrustRule(rule.ruleId);
  throw revokedMaker();
}

/** A caller that is limited to versions sees the rules within its limit. */
export async function listTrustRules(
  { catalog }: Pick<TokenDeps, 'catalog'>,
  caller: Principal,
  { limit, after = '' }: PageRequest,
): Promise<Page<TrustRule>> {
  const rules = await catalog.allTrustRules();
  const ahead = rules.filter((rule) => rule.ruleId > after && isWithin(caller, rule));
  const items = ahead.slice(0, limit);
  const next = ahead.length > limit ? items.at(-1)?.ruleId : undefined;
  return { items, ...withoutUndefined({ next }) };
}

/**
 * Repeatable. The tokens that were made by the rule are revoked with it.
 * @returns the tokenIds that are revoked now
 * @throws FORBIDDEN for a rule beyond the caller's own limit
 */
export async function deleteTrustRule(
  deps: TokenDeps,
  caller: Principal,
  ruleId: string,
): Promise<readonly string[]> {
  const rule = (await deps.catalog.allTrustRules()).find((one) => one.ruleId === ruleId);
  if (rule !== undefined && !isWithin(caller, rule))
    throw new ServiceError(
      'FORBIDDEN',
      `this token is limited to versions matching ${caller.versions}`,
    );
  await deps.catalog.deleteTrustRule(ruleId);
  return revokeMadeBy(deps, caller, ruleId);
}

function isWithin(caller: Principal, { versions }: TrustRule): boolean {
  return patternCovers(caller.versions, versions?.replace(REF_NAME, '*'));
}

/** @throws INVALID_INPUT if everyone could get a token by the rule */
function requireAnchor({ issuer, claims }: NewTrustRule): void {
  const anchors = SHARED[issuer];
  if (anchors === undefined || anchors.some((claim) => isAnchor(claims[claim]))) return;
  const [only] = anchors;
  const needed = anchors.length === 1 ? only : `one of ${anchors.join(', ')}`;
  throw new ServiceError(
    'INVALID_INPUT',
    `${issuer} signs for all its users, so a rule for it must name ${needed}, without * in the owner`,
  );
}

/** `acme/*` says whose it is, `*` and `*`/tool do not. */
function isAnchor(pattern: ClaimPattern | undefined): boolean {
  if (pattern === undefined || isOne(pattern)) return pattern !== undefined;
  const values = valuesOf(pattern);
  return values.length > 0 && values.every((value) => /^[^*/]+(\/|$)/.test(value));
}
