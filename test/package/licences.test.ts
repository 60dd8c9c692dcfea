/**
 * Users may do with all that they install what they may do with Stowage: its licences are on a
 * list.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ALLOWED, byLicence, faultsIn } from '../../tools/release/licences.ts';
import { packagesOf, productionLock } from '../../tools/release/production-lock.ts';
import { type Component, makeSbom, readLock, type Sbom } from '../../tools/release/sbom.ts';

const root = join(import.meta.dirname, '..', '..');

function sbomOf(...components: readonly Component[]): Sbom {
  return { metadata: { component: { name: 'stowage', version: '1' } }, components };
}

test('every package that users install has a licence that is allowed', () => {
  const sbom = makeSbom(root);

  expect(sbom.components.length).toBeGreaterThan(50);
  expect(faultsIn(sbom)).toEqual([]);
});

test('the licence that is locked is the one that the installed package names', () => {
  const lock = productionLock(readLock(root));
  const differing = [...packagesOf(lock).keys()].filter((folder) => {
    const { license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      license?: unknown;
    };
    return license !== lock.packages[folder]?.license;
  });

  expect(differing).toEqual([]);
});

test('another licence, several, an expression and none are found', () => {
  const sbom = sbomOf(
    { name: 'good', version: '1', licenses: [{ license: { id: 'MIT' } }] },
    { name: 'viral', version: '2', licenses: [{ license: { id: 'AGPL-3.0-only' } }] },
    {
      name: 'two',
      version: '3',
      licenses: [{ license: { id: 'MIT' } }, { license: { name: 'Ours' } }],
    },
    { name: 'either', version: '4', licenses: [{ expression: '(MIT OR GPL-2.0-only)' }] },
    { name: 'none', version: '5' },
  );

  expect([...faultsIn(sbom)].sort()).toEqual([
    'either@4: its licence is (MIT OR GPL-2.0-only)',
    'none@5: its licence is unknown',
    'two@3: its licence is MIT AND Ours',
    'viral@2: its licence is AGPL-3.0-only',
  ]);
  expect(byLicence(sbom).get('MIT')).toEqual(['good@1']);
  expect(ALLOWED).not.toContain('unknown');
});
