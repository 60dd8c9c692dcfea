/** The tag of a job as part of a version pattern: `{ref_name}`, or `{ref_name#v}` without its `v`. */
import { ServiceError, shorten } from '../errors.ts';
import { VERSION_ID } from '../names.ts';
import type { Claims } from '../ports/id-tokens.ts';
import type { TrustRule } from '../records.ts';
import { valuesOf } from './match-claims.ts';

export const REF_NAME = /\{ref_name(#v)?\}/g;
const TAGS = 'refs/tags/';
/** Claims that hold a whole ref, by which a job of a tag is known. */
const REFS: readonly string[] = ['ref', 'ref_path', 'oidc.circleci.com/vcs-ref'];
const MAX_PATTERN = 128;

export function hasRefName(versions: string | undefined): boolean {
  return versions !== undefined && versions.search(REF_NAME) >= 0;
}

/** Whether only jobs of tags match: otherwise a branch could be called as the next version is. */
export function isLimitedToTags({ claims }: Pick<TrustRule, 'claims'>): boolean {
  return (
    claims['ref_type'] === 'tag' ||
    claims['build_tag'] !== undefined ||
    REFS.some((claim) => {
      const values = valuesOf(claims[claim] ?? []);
      return values.length > 0 && values.every((value) => value.startsWith(TAGS));
    })
  );
}

/** @throws UNAUTHENTICATED if the job is not of a tag, or the tag is no versionId */
export function versionsFor(rule: TrustRule, claims: Claims): string | undefined {
  const { versions } = rule;
  if (versions === undefined || !hasRefName(versions)) return versions;
  const tag = tagOf(claims);
  if (tag === undefined)
    throw new ServiceError(
      'UNAUTHENTICATED',
      `rule ${shorten(rule.name)} makes tokens for tags, and this job is not one of a tag`,
    );
  const pattern = versions.replace(REF_NAME, (_, strip: string | undefined) =>
    nameOf(tag, strip !== undefined),
  );
  if (pattern.length <= MAX_PATTERN) return pattern;
  throw noVersion(tag);
}

function nameOf(tag: string, strips: boolean): string {
  const name = strips && tag.startsWith('v') ? tag.slice(1) : tag;
  if (VERSION_ID.test(name)) return name;
  throw noVersion(tag);
}

function noVersion(tag: string): ServiceError {
  return new ServiceError(
    'UNAUTHENTICATED',
    `the tag ${shorten(tag)} can't be a version: letters, digits and ._+- are allowed, and a letter or digit first`,
  );
}

function tagOf(claims: Claims): string | undefined {
  for (const claim of REFS) {
    const ref = claims[claim];
    if (typeof ref === 'string' && ref.startsWith(TAGS)) return ref.slice(TAGS.length);
  }
  const { ref, ref_type: type, build_tag: tag } = claims;
  const name = type === 'tag' ? ref : tag;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
