/**
 * `npm run licences`: lists the packages that users install with Stowage, by licence. Exits with 1
 * where one has a licence that is not allowed.
 */
import { join } from 'node:path';
import { ALLOWED, byLicence, faultsIn } from './release/licences.ts';
import { makeSbom } from './release/sbom.ts';

const sbom = makeSbom(join(import.meta.dirname, '..'));
for (const [licence, packages] of byLicence(sbom)) {
  console.log(`${licence} (${packages.length})\n  ${packages.join('\n  ')}`);
}
const faults = faultsIn(sbom);
if (faults.length > 0) {
  console.error(`${faults.join('\n')}\nallowed: ${ALLOWED.join(', ')} (tools/release/licences.ts)`);
  process.exitCode = 1;
}
