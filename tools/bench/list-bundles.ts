/** `npm run bundles` writes docs/bundles.json, the bytes of every function's bundle; with `--json` it prints what is in each instead. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, functionNames } from './bundles.ts';

const folder = mkdtempSync(join(tmpdir(), 'stowage-bundles-'));
try {
  const bundles = await Promise.all(functionNames().map((name) => bundle(name, folder)));
  if (process.argv.includes('--json')) console.log(JSON.stringify(bundles));
  else {
    const sizes = Object.fromEntries(bundles.map(({ name, bytes }) => [name, bytes]));
    const listed = `${JSON.stringify(sizes, null, 2)}\n`;
    writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'bundles.json'), listed);
    console.log(listed.trimEnd());
  }
} finally {
  rmSync(folder, { recursive: true });
}
