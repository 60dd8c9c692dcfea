/**
 * Enters files of a store, which were proven, into the catalog: they are published as if they had
 * been uploaded.
 */

import type { Clock } from '../../clock.ts';
import { parsePackageKey } from '../../names.ts';
import type { Catalog } from '../../ports/catalog.ts';
import { type PackageRecord, PUBLISHED, versionOf } from '../../records.ts';
import type { Side } from '../copy/copy.ts';
import type { FileResult } from '../measure.ts';
import type { CopiedFile } from './copy-tree.ts';

export interface EnterDeps {
  readonly catalog: Pick<Catalog, 'getPackage' | 'createPackage'>;
  readonly clock: Clock;
  /** Written into the records as their creator. */
  readonly enteredBy: string;
  /** The store that holds the files. */
  readonly to: Side;
}

/** Repeatable: a name that has these bytes already is not changed. */
export async function enterFile(
  deps: EnterDeps,
  file: CopiedFile,
): Promise<Pick<FileResult, 'outcome' | 'detail'>> {
  const record = recordOf(deps, file);
  if (await deps.catalog.createPackage(record)) return { outcome: 'entered' };
  const taken = await deps.catalog.getPackage(record);
  const isSame =
    taken?.key === record.key && taken.sha256 === record.sha256 && taken.size === record.size;
  if (isSame && PUBLISHED.includes(taken.state)) return { outcome: 'there' };
  const by =
    taken === undefined
      ? 'by somebody else'
      : `by ${taken.size} bytes of sha256 ${taken.sha256} (${taken.state})`;
  return {
    outcome: 'occupied',
    detail: `the name ${record.packageId} of version ${record.versionId} is taken ${by}`,
  };
}

function recordOf(
  { clock, enteredBy, to }: EnterDeps,
  { source, blob, terms, filename }: CopiedFile,
): PackageRecord {
  const { key, versionId, packageId, ext } = parsePackageKey(blob.key);
  // A tree knows no other time of publication, and versions are listed newest first.
  const publishedAt = source.lastModified.toISOString();
  return {
    versionId,
    packageId,
    ext,
    key,
    state: 'available',
    size: terms.size,
    sha256: terms.sha256,
    filename,
    contentType: terms.contentType,
    metadata: {},
    createdAt: publishedAt,
    createdBy: enteredBy,
    publishedAt,
    attemptId: blob.attemptId ?? terms.attemptId,
    plan: { method: 'single' },
    touchedAt: clock().toISOString(),
    store: to.store.name,
    blob: versionOf(blob),
  };
}
