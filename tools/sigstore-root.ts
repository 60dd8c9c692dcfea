/**
 * Writes core/checks/sigstore/public-root.ts from a trusted_root.json of Sigstore:
 * `npm run sigstore-root -- trusted_root.json`. docs/checks.md says where to get it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTrustedRoot } from '../core/checks/sigstore/trusted-root.ts';

const TARGET = join(import.meta.dirname, '../core/checks/sigstore/public-root.ts');

const [path] = process.argv.slice(2);
if (path === undefined)
  throw new Error('name the file: npm run sigstore-root -- trusted_root.json');
const text = readFileSync(path, 'utf8');
parseTrustedRoot(text);
writeFileSync(
  TARGET,
  `/** The trusted root of Sigstore's public instance, written by \`npm run sigstore-root\`. */\nexport const PUBLIC_ROOT = ${JSON.stringify(JSON.parse(text), undefined, 2)};\n`,
);
