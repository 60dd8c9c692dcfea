/** GET /packages/{versionId}/SHA256SUMS - the checksums of a version's packages, as `sha256sum -c` takes them. */
import { allAvailable } from '../../core/listing.ts';
import { unlessKnown } from '../answers/conditional.ts';
import { operation } from '../chain/operation.ts';

/** Some 250 bytes a line: this stays below the 6 MB of a Lambda answer. */
const MOST_PACKAGES = 10_000;

export const getSums = operation('getSums', async (request, services) => {
  const records = await allAvailable(services.catalog, request.path.versionId, MOST_PACKAGES);
  const lines = records.map((record) => `${record.sha256}  ${record.packageId}.${record.ext}\n`);
  return unlessKnown(request.headers, 'text/plain; charset=utf-8', lines.join(''));
});
