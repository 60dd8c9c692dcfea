/**
 * Looks up a package before a command works on it. A filename comes before a package id, so that
 * `1.4.0/app` is the file `app` where there is one; `1.4.0/app.zip` never means app.tar.gz.
 */
import { itemsOf } from '../../client/pages.ts';
import type { PackageBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import type { Ext, PackageId } from '../../core/names.ts';
import { aliasOf, normalName } from '../../core/naming/filenames.ts';
import { failure, misuse } from '../output/fault.ts';
import type { Session } from './cli.ts';
import type { FileTarget } from './targets.ts';

type Named = Pick<PackageBody, 'packageId' | 'ext'> & { readonly url?: string };

/**
 * Most filenames say which package id they have; the list of the version finds the others.
 * @throws StowageError NOT_FOUND for an unknown version; Fault NOT_FOUND, AMBIGUOUS; Fault (misuse)
 * if the package has another ext than the target
 */
export async function findPackage(session: Session, target: FileTarget): Promise<PackageBody> {
  const { client, signal } = session;
  const { versionId, name } = target;
  const { likelyIds } = await import('../../core/naming/package-ids.ts');
  for (const packageId of likelyIds(name)) {
    const found = await packageIfThere(session, versionId, packageId);
    if (found !== undefined && isCalled(found, name)) return found;
  }
  const all = await itemsOf(client.listPackages(versionId, { limit: 1000, signal }));
  const found =
    all.find((one) => isCalled(one, name)) ??
    onlyOne(
      target,
      // A faulty service may send no filename.
      all.filter(({ filename = '' }) => normalName(filename) === normalName(name)),
    ) ??
    all.find(({ packageId }) => packageId === name);
  if (found !== undefined) return found;
  const dot = name.indexOf('.');
  const other = all.find(({ packageId }) => dot > 0 && packageId === name.slice(0, dot));
  if (other !== undefined) {
    const { packageId, ext } = other;
    throw misuse(
      `${versionId} has no ${name}: ${packageId} has the ext ${ext}`,
      `name it by its filename: ${fileOf(other)}`,
    );
  }
  throw failure('NOT_FOUND', `version ${versionId} has no file ${JSON.stringify(name)}`, {
    hint: `see what there is with: stowage ls ${versionId}`,
  });
}

/** @returns undefined if there is none that the caller may see */
export async function packageIfThere(
  { client, signal }: Session,
  versionId: string,
  packageId: string,
): Promise<PackageBody | undefined> {
  try {
    return await client.getPackage(versionId, packageId, { signal });
  } catch (error) {
    if (isStowageError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Whether `name` is the filename by which the service knows a package, or its alias. */
export function isCalled(found: Named, name: string): boolean {
  const normal = normalName(name);
  return normalName(nameOf(found)) === normal || aliasIn(found) === normal;
}

/**
 * Services before 0.2 let several packages of a version have one filename.
 * @throws Fault AMBIGUOUS
 */
function onlyOne(
  { versionId, name }: FileTarget,
  found: readonly PackageBody[],
): PackageBody | undefined {
  if (found.length < 2) return found[0];
  const names = found.map(aliasIn).join(', ');
  throw failure('AMBIGUOUS', `version ${versionId} has several files named ${name}`, {
    hint: `name one of them by its package: ${names}`,
  });
}

/**
 * The name by which the service knows a file: the last part of its stable link. Services before 0.2
 * send no link, and know the alias alone.
 */
export function nameOf(found: Named): string {
  const last =
    found.url === undefined ? undefined : URL.parse(found.url)?.pathname.split('/').pop();
  return last === undefined || last === '' ? aliasIn(found) : decodeSegment(last);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function aliasIn({ packageId, ext }: Named): string {
  return aliasOf({ packageId: packageId as PackageId, ext: ext as Ext });
}

/** `1.4.0/tool-linux-x64.tar.gz` */
export function fileOf(found: Named & { readonly versionId: string }): string {
  return `${found.versionId}/${nameOf(found)}`;
}
