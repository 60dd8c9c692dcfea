/** Says of many files whether they could be published, before the first byte is sent. Changes nothing. */
import { isServiceError, ServiceError } from '../errors.ts';
import { type Ext, type PackageId, parseExt, parsePackageId, type VersionId } from '../names.ts';
import { namesOf } from '../naming/filenames.ts';
import { derivedIds } from '../naming/package-ids.ts';
import type { Catalog } from '../ports/catalog.ts';
import { sealedError } from '../sealing/open-version.ts';
import { type IdentifyDeps, identify, requireFreeNames } from './identify.ts';

/** What a publisher says about a file; texts that are no names get the verdict `invalid`. */
export interface NameWish {
  readonly packageId?: string | undefined;
  readonly ext?: string | undefined;
  readonly filename?: string | undefined;
  /** Bytes, at least 1. */
  readonly size: number;
  readonly sha256?: string | undefined;
}

/** `same`: this very file is published, or its upload is under way. */
type NameVerdict = 'free' | 'same' | 'taken' | 'invalid';

export interface CheckedName {
  readonly verdict: NameVerdict;
  /** Absent where the wish is invalid. */
  readonly packageId?: PackageId;
  readonly ext?: Ext;
  readonly filename?: string;
  /** Why it is taken or invalid. */
  readonly detail?: string;
  /** It is not the name that is taken: the version takes no file. */
  readonly code?: 'SEALED';
}

/** Names looked up at the same time. */
const AT_ONCE = 16;

interface CheckDeps extends IdentifyDeps {
  readonly catalog: IdentifyDeps['catalog'] & Pick<Catalog, 'getVersion'>;
}

/** @returns one verdict for each wish, in their order; a sealed version has no free name */
export async function checkNames(
  deps: CheckDeps,
  versionId: VersionId,
  wanted: readonly NameWish[],
): Promise<readonly CheckedName[]> {
  const checked: CheckedName[] = [];
  for (let start = 0; start < wanted.length; start += AT_ONCE) {
    const some = wanted.slice(start, start + AT_ONCE);
    checked.push(...(await Promise.all(some.map((one) => checkName(deps, versionId, one)))));
  }
  const verdicts = await withoutClashes(deps, versionId, wanted, checked);
  if (!verdicts.some(({ verdict }) => verdict === 'free')) return verdicts;
  const { sealedAt } = (await deps.catalog.getVersion(versionId)) ?? {};
  if (sealedAt === undefined) return verdicts;
  const detail = sealedError(versionId).message;
  return verdicts.map((one) =>
    one.verdict === 'free' ? { ...one, verdict: 'taken', detail, code: 'SEALED' } : one,
  );
}

async function checkName(
  deps: IdentifyDeps,
  versionId: VersionId,
  wanted: NameWish,
): Promise<CheckedName> {
  try {
    if (wanted.packageId === undefined && wanted.filename === undefined && wanted.ext === undefined)
      throw new ServiceError('INVALID_INPUT', 'filename, packageId or ext is required');
    const { existing, ...names } = await identify(deps, versionId, {
      ...wanted,
      packageId: wanted.packageId === undefined ? undefined : parsePackageId(wanted.packageId),
      ext: wanted.ext === undefined ? undefined : parseExt(wanted.ext),
    });
    if (existing === undefined || existing.state === 'rejected') {
      await requireFreeNames(deps.catalog, { versionId, ...names });
      return { verdict: 'free', ...names };
    }
    const isSame =
      existing.state !== 'deleted' &&
      existing.ext === names.ext &&
      existing.size === wanted.size &&
      (wanted.sha256 === undefined || existing.sha256 === wanted.sha256);
    if (isSame) return { verdict: 'same', ...names };
    const detail =
      existing.state === 'deleted'
        ? 'it was deleted, and a name is never used again'
        : existing.sha256 === undefined
          ? 'an upload whose sha256 is not known yet has this name'
          : 'other bytes have this name';
    return { verdict: 'taken', ...names, detail };
  } catch (error) {
    if (isServiceError(error, 'INVALID_INPUT'))
      return { verdict: 'invalid', detail: error.message };
    if (isServiceError(error, 'ALREADY_EXISTS')) return { verdict: 'taken', detail: error.message };
    throw error;
  }
}

/** Of two wishes that would take one name, the second is taken. One of its id gets its other id. */
async function withoutClashes(
  { catalog }: IdentifyDeps,
  versionId: VersionId,
  wanted: readonly NameWish[],
  checked: readonly CheckedName[],
): Promise<readonly CheckedName[]> {
  const seen = new Map<string, number>();
  const result: CheckedName[] = [];
  for (const [index, one] of checked.entries()) {
    let now = one;
    const other = otherId(wanted[index], one);
    if (other !== undefined && clashOf(seen, one) !== undefined) {
      const existing = await catalog.getPackage({ versionId, packageId: other });
      if (existing === undefined || existing.state === 'rejected')
        now = { ...one, packageId: other };
    }
    const clash = clashOf(seen, now);
    if (clash !== undefined && now.verdict !== 'taken')
      now = { ...now, verdict: 'taken', detail: `it takes a name of item ${clash} of this list` };
    for (const name of claimsOf(now)) if (!seen.has(name)) seen.set(name, index);
    result.push(now);
  }
  return result;
}

function clashOf(seen: ReadonlyMap<string, number>, one: CheckedName): number | undefined {
  return claimsOf(one)
    .map((name) => seen.get(name))
    .find((other) => other !== undefined);
}

/** What no other file of the list may have. No filename holds a slash, so none is like an id. */
function claimsOf({ packageId, ext, filename }: CheckedName): readonly string[] {
  if (packageId === undefined || ext === undefined || filename === undefined) return [];
  return [...namesOf({ packageId, ext, filename }), `id/${packageId}`];
}

/** The id that a new file gets if the first one made of its filename is taken. */
function otherId(
  wish: NameWish | undefined,
  { verdict, packageId, ext, filename }: CheckedName,
): PackageId | undefined {
  if (verdict !== 'free' || wish?.packageId !== undefined) return undefined;
  if (filename === undefined || ext === undefined) return undefined;
  const { first, second } = derivedIds(filename, ext);
  return packageId === first && second !== first ? second : undefined;
}
