/** `npm run sbom`: prints the list of all that users install with Stowage, in CycloneDX. */
import { join } from 'node:path';
import { makeSbom } from './release/sbom.ts';

console.log(JSON.stringify(makeSbom(join(import.meta.dirname, '..')), null, 2));
