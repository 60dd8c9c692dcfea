/** The public URLs of a package: its record and its stable link. A `+` is written `%2B` in them. */
import { encodeKey } from '../core/names.ts';
import type { PackageRecord } from '../core/records.ts';

/** The stable link: the path of a package is its key. */
export function stableLink(publicUrl: string, record: Pick<PackageRecord, 'key'>): string {
  return `${publicUrl}/${encodeKey(record.key)}`;
}

/** The URL of the record in the API. */
export function packageUrl(
  publicUrl: string,
  record: Pick<PackageRecord, 'versionId' | 'packageId'>,
): string {
  return `${publicUrl}/v1/versions/${record.versionId.replaceAll('+', '%2B')}/packages/${record.packageId}`;
}
