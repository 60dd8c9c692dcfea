/** Lists the published files of a store, and reports foreign files among them. */
import type { Stats } from 'node:fs';
import { isServiceError } from '../../../core/errors.ts';
import {
  type PackageKey,
  parsePackageKey,
  parseVersionId,
  type VersionId,
} from '../../../core/names.ts';
import { unless } from '../../file-system.ts';
import type { DiskLayout } from './disk-layout.ts';
import type { FileSystem } from './file-system.ts';
import { type StoredFile, storedFile } from './stored-file.ts';

/**
 * Called with what is in the tree and is not a package: its path below the root, and what is wrong
 * with it in words.
 */
export type OnForeignFile = (name: string, what: string) => void;

export interface ListOptions {
  readonly layout: DiskLayout;
  readonly fileSystem: FileSystem;
  readonly onForeignFile?: OnForeignFile | undefined;
}

/**
 * Every file whose name is a key, in the order of the keys' bytes. Holds the names of one version's
 * folder in memory at a time.
 */
export async function* listFiles(
  prefix: string,
  { layout, fileSystem, onForeignFile = () => {} }: ListOptions,
): AsyncIterable<StoredFile> {
  const tree: Tree = { layout, fileSystem, onForeignFile };
  for (const versionId of await readVersions(tree)) {
    const start = `packages/${versionId}/`;
    if (!start.startsWith(prefix) && !prefix.startsWith(start)) continue;
    for (const key of await readKeys(tree, versionId, start)) {
      if (!key.startsWith(prefix)) continue;
      const path = layout.place(key).path;
      const stats = await unless(fileSystem.lstat(path, { bigint: true }), 'ENOENT', 'ENOTDIR');
      if (stats?.isFile() === true) yield storedFile(key, path, stats);
      else if (stats !== undefined) onForeignFile(key, kindOf(stats));
    }
  }
}

interface Tree {
  readonly layout: DiskLayout;
  readonly fileSystem: FileSystem;
  readonly onForeignFile: OnForeignFile;
}

/** Ordered as their keys are: `1.0-a/` before `1.0/`, because `-` sorts before the slash. */
async function readVersions({
  layout,
  fileSystem,
  onForeignFile,
}: Tree): Promise<readonly VersionId[]> {
  const entries = await unless(
    fileSystem.readdir(layout.packages, { withFileTypes: true }),
    'ENOENT',
  );
  const versions = (entries ?? []).flatMap((entry) => {
    const name = `packages/${entry.name}`;
    if (!entry.isDirectory()) {
      onForeignFile(name, `${kindOf(entry)}, where folders of versions are`);
      return [];
    }
    const version = parseOrNone(() => parseVersionId(entry.name));
    if (version.length === 0) onForeignFile(name, 'the name of no version');
    return version;
  });
  return versions.sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
}

async function readKeys(
  { layout, fileSystem, onForeignFile }: Tree,
  versionId: VersionId,
  start: string,
): Promise<readonly PackageKey[]> {
  const names = await unless(
    fileSystem.readdir(layout.versionFolder(versionId)),
    'ENOENT',
    'ENOTDIR',
  );
  const keys = (names ?? []).flatMap((name) => {
    const key = parseOrNone(() => parsePackageKey(start + name).key);
    if (key.length === 0) onForeignFile(start + name, 'the name of no package');
    return key;
  });
  return keys.sort();
}

function kindOf(
  entry: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isSocket' | 'isFIFO'>,
): string {
  if (entry.isSymbolicLink()) return 'a symbolic link';
  if (entry.isDirectory()) return 'a folder';
  if (entry.isSocket()) return 'a socket';
  if (entry.isFIFO()) return 'a pipe';
  return entry.isFile() ? 'a file' : 'a device';
}

/** The parsed name in an array, which is empty if the text is not a valid name. */
function parseOrNone<Value>(parse: () => Value): readonly Value[] {
  try {
    return [parse()];
  } catch (error) {
    if (isServiceError(error, 'INVALID_INPUT')) return [];
    throw error;
  }
}
