/** Who may do what: scopes, version patterns, and the text of tokens. */
import { hash, randomBytes } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import type { Scope, UploadGrant } from '../records.ts';

/** Who calls: what a token grants once it has been checked. */
export interface Principal {
  readonly tokenId: string;
  readonly scopes: readonly Scope[];
  readonly versions?: string;
  readonly expiresAt?: string;
  /** Of a token that was made in exchange for that of a job: which job. Of a grant: its maker. */
  readonly origin?: string;
  /** Of an upload grant: the one upload that it is for. */
  readonly upload?: UploadGrant;
}

/** Who records name as their maker: the job, the maker of a grant, or the tokenId. */
export function creatorOf({ origin, tokenId }: Principal): string {
  return origin ?? tokenId;
}

/** `stw_<tokenId>_<secret>`: the secret is 256 bits in base64url. */
const TOKEN = /^stw_([a-z0-9]{8,32})_([A-Za-z0-9_-]{43})$/;

/** What a token's text says. */
export interface ParsedToken {
  readonly tokenId: string;
  readonly secret: string;
}

/** 80 random bits. */
export function randomTokenId(): string {
  return randomBytes(10).toString('hex');
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

const RANK: Readonly<Record<Scope, number>> = { read: 1, publish: 2, release: 3, admin: 4 };

/**
 * Whether `scopes` hold `needed`: admin includes release includes publish includes read. A scope of a
 * later release holds nothing.
 */
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
  const { scopes, upload } = principal;
  if (hasScope(scopes, needed)) return;
  const given =
    upload === undefined
      ? `the token has ${scopes.join(', ')}`
      : `this token only allows the upload of ${upload.packageId} to version ${upload.versionId}`;
  throw new ServiceError('FORBIDDEN', `this needs scope ${needed}, ${given}`);
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
