/**
 * The part of package-lock.json that a user installs: no development dependencies, and no address of
 * a registry.
 */

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  /** A folder of this checkout. */
  readonly link?: boolean;
  readonly resolved?: string;
  readonly license?: string;
}

export interface PackageLock {
  readonly name: string;
  readonly version: string;
  /** By their folders; the package itself has the empty one. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/**
 * Without development dependencies and addresses. A link is one too, though npm does not mark it: a
 * package from a registry can't depend on a folder.
 */
export function productionLock(lock: PackageLock): PackageLock {
  const packages = Object.entries(lock.packages)
    .filter(([, { dev, link }]) => dev !== true && link !== true)
    .map(([folder, entry]) => {
      const { resolved: _address, ...kept } = entry as LockedPackage & {
        readonly devDependencies?: object;
      };
      const { devDependencies: _tools, ...own } = kept;
      return [folder, folder === '' ? own : kept] as const;
    });
  return { ...lock, packages: Object.fromEntries(packages) };
}

/** `name@version` of each, and where it is installed. */
export function packagesOf(lock: PackageLock): ReadonlyMap<string, string> {
  const entries = Object.entries(lock.packages).filter(([folder]) => folder !== '');
  return new Map(entries.map(([folder, { version }]) => [folder, `${nameOf(folder)}@${version}`]));
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
