/** Paths of public operations that are right at a glance: those of the hot path, for which nobody need load a schema. */
import { PACKAGE_ID, VERSION_ID } from '../../core/names.ts';

/** Undefined: the operation itself looks at it. */
const RULES: ReadonlyMap<string, RegExp | undefined> = new Map([
  ['versionId', VERSION_ID],
  ['channel', PACKAGE_ID],
  ['file', undefined],
]);

/**
 * Whether the contract of a public operation takes this path as it is; its query it takes in any case.
 * @returns false where the contract must be asked
 */
export function isPlainPath(path: Readonly<Record<string, string | undefined>>): boolean {
  return Object.entries(path).every(
    ([name, text]) =>
      text !== undefined && RULES.has(name) && (RULES.get(name)?.test(text) ?? true),
  );
}
