/** The suites of the full gate: what each commit is tested with, and every file of test/soak/. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Suite } from './run-suite.ts';

const SOAK = /^(.+)\.soak\.ts$/;

/** @param root of the checkout */
export function suitesOf(root: string): readonly Suite[] {
  const soak = readdirSync(join(root, 'test', 'soak'))
    .sort()
    .flatMap((file) => {
      const name = SOAK.exec(file)?.[1];
      return name === undefined
        ? []
        : [{ name: `soak: ${name}`, command: `npm run soak -- test/soak/${file}` }];
    });
  return [{ name: 'everything that each commit is tested with', command: 'npm test' }, ...soak];
}
