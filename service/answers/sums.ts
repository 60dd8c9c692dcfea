/** The checksums of a version's available packages, in the format that `sha256sum -c` reads. */
import type { VersionId } from '../../core/names.ts';
import { publicNameOf } from '../../core/naming/filenames.ts';
import { allAvailable } from '../../core/reading/listing.ts';
import { digestOf, type PackageRecord } from '../../core/records.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Services } from '../host/services.ts';
import { unlessKnown } from './conditional.ts';

/** Some 150 bytes a line, at most 330: this stays below the 6 MB of a Lambda answer. */
const MOST_PACKAGES = 10_000;

/** @throws NOT_FOUND for an unknown version, NOT_SUPPORTED when it has too many packages */
export async function answerSums(
  { catalog }: Pick<Services, 'catalog'>,
  headers: Headers,
  versionId: VersionId,
): Promise<HandlerResult> {
  const records = await allAvailable(catalog, versionId, MOST_PACKAGES);
  const lines = records.map(lineOf);
  return unlessKnown(headers, 'text/plain; charset=utf-8', lines.join(''));
}

/** As `sha256sum` writes it: a name with a backslash is escaped, and its line begins with one. */
function lineOf(record: PackageRecord): string {
  const name = publicNameOf(record);
  const escaped = name.replaceAll('\\', '\\\\');
  return `${escaped === name ? '' : '\\'}${digestOf(record)}  ${escaped}\n`;
}
