/**
 * Looks up a package before a command changes it, so that `1.4.0/app.zip` never means app.tar.gz.
 */
import type { PackageBody } from '../../client/stowage-client.ts';
import type { Session } from './cli.ts';
import { type PackageTarget, requireExt } from './targets.ts';

/** @throws StowageError NOT_FOUND, Fault (misuse) if its ext is not the one in the target */
export async function findPackage(
  { client, signal }: Session,
  target: PackageTarget,
): Promise<PackageBody> {
  const found = await client.getPackage(target.versionId, target.packageId, { signal });
  requireExt(target, found);
  return found;
}

/** `1.4.0/linux-x64.tar.gz` */
export function fileOf({
  versionId,
  packageId,
  ext,
}: Pick<PackageBody, 'versionId' | 'packageId' | 'ext'>): string {
  return `${versionId}/${packageId}.${ext}`;
}
