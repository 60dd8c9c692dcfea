/** Which requests of public operations need no schema: those of the hot path, which are right at a glance. */
import type { OperationId } from '../../api/routes.ts';
import { PACKAGE_ID, VERSION_ID } from '../../core/names.ts';

/** Operations of the hot path. */
export const PLAIN_OPERATIONS: ReadonlySet<OperationId> = new Set<OperationId>([
  'downloadPackage',
  'downloadFromChannel',
  'followLink',
  'getSums',
  'getChannel',
  'getChannelSums',
]);

/** Undefined: the operation itself looks at it. */
const RULES: ReadonlyMap<string, RegExp | undefined> = new Map([
  ['versionId', VERSION_ID],
  ['channel', PACKAGE_ID],
  ['file', undefined],
  ['linkId', undefined],
]);

/**
 * Whether the contract of a public operation surely takes this path unchanged.
 * @returns false when the contract must decide
 */
export function isPlainPath(path: Readonly<Record<string, string | undefined>>): boolean {
  return Object.entries(path).every(
    ([name, text]) =>
      text !== undefined && RULES.has(name) && (RULES.get(name)?.test(text) ?? true),
  );
}

/**
 * Whether the contract surely takes this query unchanged: all that a public operation reads of it is
 * the version of a channel.
 */
export function isPlainQuery(query: Readonly<Record<string, unknown>>): boolean {
  return query['at'] === undefined;
}
