/** Packages as releases before 0.2 recorded them, with filenames that were not unique then. */
import { expect } from '@jest/globals';
import { packageKey, parseExt } from '../../core/names.ts';
import { aliasOf } from '../../core/naming/filenames.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { PackageRecord } from '../../core/records.ts';
import { at, packageRecord, V1 } from './catalog-contract/records.ts';

function old(
  id: string,
  ext: string,
  filename: string,
  fields: Partial<PackageRecord> = {},
): PackageRecord {
  const record = packageRecord(id, { filename, attemptId: `attempt-${id}`, ...fields });
  return { ...record, ext: parseExt(ext), key: packageKey(V1, record.packageId, parseExt(ext)) };
}

function published(seconds: number, state: PackageRecord['state'] = 'available') {
  return { state, publishedAt: at(seconds), blob: { etag: '"e"' } } as const;
}

export const OLD_RECORDS: readonly PackageRecord[] = [
  // One filename, three packages: the second by its id was published first.
  old('first', 'exe', 'App.exe', published(2)),
  old('second', 'exe', 'App.exe', published(1)),
  old('third', 'exe', 'App.exe'),
  // A filename that is the alias of another package, which was published later.
  old('early', 'zip', 'tool.zip', published(1)),
  old('tool', 'zip', 'Tool 1.0.zip', published(5)),
  // Equal once they are normal.
  old('nfc', 'txt', 'gr\u00f6ße.txt', published(3, 'deleted')),
  old('nfd', 'txt', 'gro\u0308ße.txt', published(4, 'yanked')),
  // Rejected uploads hold no name.
  old('rejected', 'txt', 'refused.txt', { state: 'rejected' }),
];

/** Which package each name leads to. */
const NAMES: readonly (readonly [string, string])[] = [
  ['App.exe', 'second'],
  ['tool.zip', 'tool'],
  ['Tool 1.0.zip', 'tool'],
  ['gro\u0308ße.txt', 'nfc'],
];

/** Every link of the earlier release, which was by alias, and every filename. */
export async function requireOldLinks(catalog: Catalog): Promise<void> {
  for (const record of OLD_RECORDS) {
    const found = await catalog.findPackage(V1, aliasOf(record));
    expect([record.packageId, found?.key]).toEqual([
      record.packageId,
      record.state === 'rejected' ? undefined : record.key,
    ]);
  }
  for (const [name, packageId] of NAMES) {
    const found = await catalog.findPackage(V1, name);
    expect([name, found?.packageId]).toEqual([name, packageId]);
  }
}
