/** Which licences a package may have that users install with Stowage. */
import type { Component, License, Sbom } from './sbom.ts';

/**
 * All of them let anyone use, change and pass on the code, and ask only that notices are kept. Ids
 * of https://spdx.org/licenses/
 */
export const ALLOWED: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
];

/** Names of packages by licence. */
export function byLicence({ components }: Sbom): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const component of components) {
    const licence = licenceOf(component);
    found.set(licence, [...(found.get(licence) ?? []), `${component.name}@${component.version}`]);
  }
  return new Map([...found].sort(([left], [right]) => left.localeCompare(right)));
}

/** A line for each package whose licence is not on the list; a person decides about expressions. */
export function faultsIn(sbom: Sbom): readonly string[] {
  return [...byLicence(sbom)].flatMap(([licence, packages]) =>
    ALLOWED.includes(licence) ? [] : packages.map((name) => `${name}: its licence is ${licence}`),
  );
}

function licenceOf({ licenses = [] }: Component): string {
  return licenses.map(textOf).join(' AND ') || 'unknown';
}

function textOf(one: License): string {
  return 'expression' in one ? one.expression : (one.license.id ?? one.license.name ?? 'unknown');
}
