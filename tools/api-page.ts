/** `npm run api`: writes API.md, the properties and members of `stowage/cdk`, from their sources. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPage } from './release/api-page.ts';

const root = join(import.meta.dirname, '..');
writeFileSync(join(root, 'API.md'), apiPage(root));
