/** Where a package is found from outside: its record, and its stable link. A `+` is written `%2B` in every URL. */
import { encodeKey } from '../core/names.ts';
import type { PackageRecord } from '../core/records.ts';

/** The stable link: the path of a package is its key. */
export function stableLink(publicUrl: string, record: Pick<PackageRecord, 'key'>): string {
  return `${publicUrl}/${encodeKey(record.key)}`;
}

/** The record in the API. */
export function packageUrl(
  publicUrl: string,
  record: Pick<PackageRecord, 'versionId' | 'packageId'>,
): string {
  return `${publicUrl}/v1/versions/${record.versionId.replaceAll('+', '%2B')}/packages/${record.packageId}`;
}
