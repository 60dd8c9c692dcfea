/** Compares the claims of a proven token with those that a rule asks for. */
import { matchesPattern } from '../access/access.ts';
import { shorten } from '../errors.ts';
import type { Claims } from '../ports/id-tokens.ts';
import type { ClaimPattern, TrustRule } from '../records.ts';

/** What a rule asks of a token. */
type Demand = Pick<TrustRule, 'claims' | 'pinned'>;

/** The claim that does not match, and what the rule expects. */
export interface Mismatch {
  readonly claim: string;
  readonly got: string | undefined;
  readonly expected: readonly string[];
  /** Whether the rule is about the project of this token, so that it may learn what was expected. */
  readonly isNear: boolean;
}

/** Events of GitHub that run with the rights of the repository on what strangers wrote. */
const FOREIGN_EVENTS: readonly string[] = ['pull_request_target', 'workflow_run'];

/** Claims that say whose job it is. */
const IDENTITIES: readonly string[] = [
  'repository',
  'repository_owner',
  'repository_id',
  'repository_owner_id',
  'project_path',
  'project_id',
  'namespace_path',
  'namespace_id',
  'organization_id',
  'organization_slug',
  'oidc.circleci.com/project-id',
  'email',
  'sub',
];

/** A name that can be given up and taken by somebody else, and the id that can't. */
const IDS_OF_NAMES: readonly (readonly [id: string, names: readonly string[]])[] = [
  ['repository_id', ['repository']],
  ['repository_owner_id', ['repository_owner', 'repository']],
  ['project_id', ['project_path']],
  ['namespace_id', ['namespace_path', 'project_path']],
];

/** A mismatch in words. */
export function describeMismatch({ claim, got, expected }: Mismatch): string {
  const values = expected.map(shorten).join(' or ');
  const has = got === undefined ? 'the token has none' : `the token has ${shorten(got)}`;
  return `claim ${claim} must be ${values}, ${has}`;
}

/** @returns undefined if every claim matches */
export function mismatchOf(rule: Demand, claims: Claims): Mismatch | undefined {
  const isNear = isAbout(rule, claims);
  const expect = (claim: string, expected: readonly string[]) => ({
    ...{ claim, got: shown(claims[claim]), expected, isNear },
  });
  for (const [claim, pattern] of Object.entries(rule.claims)) {
    const values = valuesOf(pattern);
    if (!matches(values, claims[claim])) return expect(claim, values);
  }
  for (const [claim, id] of Object.entries(rule.pinned ?? {})) {
    if (shown(claims[claim]) !== id) return expect(claim, [id]);
  }
  const event = claims['event_name'];
  const named = valuesOf(rule.claims['event_name'] ?? []);
  if (typeof event === 'string' && FOREIGN_EVENTS.includes(event) && !named.includes(event))
    return expect('event_name', [`another event than ${FOREIGN_EVENTS.join(' and ')}`]);
  if (rule.claims['email'] !== undefined && claims['email_verified'] !== true)
    return expect('email_verified', ['true']);
  return undefined;
}

/** The ids of what a rule names exactly, as this token has them. */
export function idsToPin(rule: TrustRule, claims: Claims): Readonly<Record<string, string>> {
  const ids = IDS_OF_NAMES.flatMap(([id, names]) => {
    const value = shown(claims[id]);
    const isNamed =
      names.some((name) => isOne(rule.claims[name])) ||
      (id === 'repository_owner_id' && namesOwner(rule.claims['repository']));
    return isNamed && rule.claims[id] === undefined && value !== undefined ? [[id, value]] : [];
  });
  return Object.fromEntries(ids);
}

export function valuesOf(pattern: ClaimPattern): readonly string[] {
  return typeof pattern === 'string' ? [pattern] : pattern;
}

/** Whether the repositories are all of one owner, as those of `acme/*` are. */
function namesOwner(repositories: ClaimPattern | undefined): boolean {
  const [first, ...more] = repositories === undefined ? [] : valuesOf(repositories);
  return more.length === 0 && isOne(first?.split('/')[0]) && first?.includes('/') === true;
}

/** Whether a pattern has one value, which is the whole text. */
export function isOne(pattern: ClaimPattern | undefined): boolean {
  const [value, ...more] = pattern === undefined ? [] : valuesOf(pattern);
  return value !== undefined && more.length === 0 && !value.includes('*');
}

/** A claim with several values matches with one of them. */
function matches(values: readonly string[], claim: unknown): boolean {
  const texts = (Array.isArray(claim) ? claim : [claim]).map(shown);
  return texts.some(
    (text) => text !== undefined && values.some((value) => matchesPattern(value, text)),
  );
}

/** A rule without such claims is about every project of its issuer. */
function isAbout(rule: Demand, claims: Claims): boolean {
  const named = IDENTITIES.filter((claim) => rule.claims[claim] !== undefined);
  return (
    named.length === 0 ||
    named.some((claim) => {
      const values = valuesOf(rule.claims[claim] ?? []);
      const got = shown(claims[claim]);
      return matches(values, got) || values.some((value) => isOfOneOwner(value, got));
    })
  );
}

function isOfOneOwner(value: string, got: string | undefined): boolean {
  const [owner, rest] = value.split('/');
  return rest !== undefined && got?.split('/')[0] === owner;
}

function shown(claim: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof claim) ? String(claim) : undefined;
}
