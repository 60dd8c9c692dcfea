/**
 * Enters files of a store, which were proven, into the catalog: they are published as if they had
 * been uploaded.
 */

import type { Clock } from '../../clock.ts';
import { isServiceError } from '../../errors.ts';
import { parsePackageKey } from '../../names.ts';
import type { Catalog } from '../../ports/catalog.ts';
import { type PackageRecord, PUBLISHED, versionOf } from '../../records.ts';
import { requireOpen } from '../../sealing/open-version.ts';
import type { Side } from '../copy/copy.ts';
import type { FileResult } from '../measure.ts';
import type { CopiedFile } from './copy-tree.ts';

export interface EnterDeps {
  readonly catalog: Pick<
    Catalog,
    'getPackage' | 'createPackage' | 'removePackage' | 'getVersion' | 'changeVersion'
  >;
  readonly clock: Clock;
  /** Written into the records as their creator. */
  readonly enteredBy: string;
  /** The store that holds the files. */
  readonly to: Side;
  /** The files had records once, which were lost: a sealed version gets them back. */
  readonly areRecovered?: true;
}

/** Repeatable: a name that has these bytes already is not changed. */
export async function enterFile(
  deps: EnterDeps,
  file: CopiedFile,
): Promise<Pick<FileResult, 'outcome' | 'detail'>> {
  const record = recordOf(deps, file);
  if (await deps.catalog.createPackage(record)) {
    const refusal = deps.areRecovered === true ? undefined : await refusalOf(deps, record);
    return refusal === undefined
      ? { outcome: 'entered' }
      : { outcome: 'occupied', detail: refusal };
  }
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

/** Why the version takes no file; the record is gone then. */
async function refusalOf(deps: EnterDeps, record: PackageRecord): Promise<string | undefined> {
  const { versionId, attemptId } = record;
  try {
    await requireOpen(deps, await deps.catalog.getVersion(versionId));
    return undefined;
  } catch (error) {
    await deps.catalog.removePackage(record, { attemptId, states: ['available'] });
    if (isServiceError(error, 'SEALED', 'UNAVAILABLE')) return error.message;
    throw error;
  }
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
