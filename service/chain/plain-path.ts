/** Checks paths of public operations without the schemas: the hot path need not load them. */
import { PACKAGE_ID, VERSION_ID } from '../../core/names.ts';

/** A variable without a rule is checked by the operation itself. */
const RULES: ReadonlyMap<string, RegExp | undefined> = new Map([
  ['versionId', VERSION_ID],
  ['channel', PACKAGE_ID],
  ['file', undefined],
]);

/**
 * Whether the contract of a public operation surely takes this path unchanged. It takes any query.
 * @returns false when the contract must decide
 */
export function isPlainPath(path: Readonly<Record<string, string | undefined>>): boolean {
  return Object.entries(path).every(
    ([name, text]) =>
      text !== undefined && RULES.has(name) && (RULES.get(name)?.test(text) ?? true),
  );
}
