/** The checksums of a version's available packages, in the format that `sha256sum -c` reads. */
import type { VersionId } from '../../core/names.ts';
import { allAvailable } from '../../core/reading/listing.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Services } from '../host/services.ts';
import { unlessKnown } from './conditional.ts';

/** A line has about 250 bytes, so this keeps the answer below the 6 MB limit of Lambda. */
const MOST_PACKAGES = 10_000;

/** @throws NOT_FOUND for an unknown version, NOT_SUPPORTED when it has too many packages */
export async function answerSums(
  { catalog }: Pick<Services, 'catalog'>,
  headers: Headers,
  versionId: VersionId,
): Promise<HandlerResult> {
  const records = await allAvailable(catalog, versionId, MOST_PACKAGES);
  const lines = records.map((record) => `${record.sha256}  ${record.packageId}.${record.ext}\n`);
  return unlessKnown(headers, 'text/plain; charset=utf-8', lines.join(''));
}
