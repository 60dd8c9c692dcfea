/**
 * Before `npm pack` and `npm publish`: makes sure that what is about to be packed is what
 * package-lock.json locks, and writes sbom.cdx.json, which a release has and the checkout does not
 * keep. With `--clean`, after that: removes it again.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wronglyInstalled } from './release/installed.ts';
import { productionLock } from './release/production-lock.ts';
import { makeSbom, readLock } from './release/sbom.ts';

const root = join(import.meta.dirname, '..');
const sbom = join(root, 'sbom.cdx.json');

if (process.argv.includes('--clean')) {
  rmSync(sbom, { force: true });
} else {
  const wrong = wronglyInstalled(root, productionLock(readLock(root)));
  if (wrong.length > 0) {
    console.error(
      `these packages are not installed as package-lock.json says; run npm ci first:\n${wrong.join('\n')}`,
    );
    process.exit(1);
  }
  writeFileSync(sbom, `${JSON.stringify(makeSbom(root), null, 2)}\n`);
}
