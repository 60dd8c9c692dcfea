/** The last part of `npm run build`: bundles the compiled CLI into dist/program. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle-cli.ts';
import { licencesOf } from './release/third-party.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const target = join(dist, 'program');

const files = await bundleProgram({ folder: dist, extension: 'js' }, target);
writeFileSync(join(target, 'THIRD-PARTY-LICENSES.md'), licencesOf(root, files));
for (const bundled of ['bin', 'cli']) rmSync(join(dist, bundled), { recursive: true });
