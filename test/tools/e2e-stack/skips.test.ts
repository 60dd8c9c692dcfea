/** What a run leaves out by the settings of a stage: named as the tests are, and with the reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { skipsFor } from '../../../tools/e2e-stack/skips.ts';
import type { StageFacts } from '../../../tools/e2e-stack/stage-facts.ts';

const E2E = join(import.meta.dirname, '..', '..', 'e2e');
const PLAIN: StageFacts = {
  hasCdn: true,
  hasConsole: true,
  publicDownloads: false,
  corsOrigin: 'https://pages.example.com',
  release: '1.0.0',
};

test('every test that may be left out is a test of the suite', () => {
  const folders = ['service-contract', 'stack'].map((name) => join(E2E, name));
  const sources = folders.flatMap((folder) =>
    readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8')),
  );
  const { corsOrigin: _, ...noPages } = PLAIN;
  const everything = skipsFor(
    { ...noPages, hasCdn: false, hasConsole: false, publicDownloads: true },
    '2.0.0',
  );

  const unknown = Object.keys(everything).filter(
    (name) => !sources.some((source) => source.includes(`'${name}'`)),
  );

  expect(Object.keys(everything).length).toBeGreaterThan(10);
  expect(unknown).toEqual([]);
});

test('on a stage with all settings only that is left out which would disturb others', () => {
  expect(Object.values(skipsFor(PLAIN, '1.0.0'))).toEqual([
    'it would switch off the events of the stage for everybody',
  ]);
});

test.each([
  [{ release: '0.9.0' }, 'the stack runs 0.9.0, this checkout is 1.0.0', 1],
  [{ corsOrigin: '*' }, 'corsOrigins of the stage is *', 1],
  [{ publicDownloads: true }, 'publicDownloads of the stage is true', 3],
  [{ hasCdn: false }, 'downloads of the stage is s3', 5],
  [{ hasConsole: false }, 'the stage has no console', 3],
] as const)('%j is the reason for what is left out', (facts, why, tests) => {
  const whys = Object.values(skipsFor({ ...PLAIN, ...facts }, '1.0.0'));

  expect(whys.filter((one) => one === why)).toHaveLength(tests);
});
