/** The folder of the storage if STORAGE_LOCAL_PATH does not name one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OWN_FOLDER } from '../../core/layout.ts';

/** A name that no folder with sources has. */
export const DEFAULT_FOLDER = './stowage-data';
/** The default of earlier releases. */
export const FORMER_FOLDER = './storage';

/** The former folder if an earlier release made a storage there and there is no new one. */
export function defaultFolder(): string {
  return !hasStorage(DEFAULT_FOLDER) && hasStorage(FORMER_FOLDER) ? FORMER_FOLDER : DEFAULT_FOLDER;
}

/** Where a server may have left its address, the usual folder first. */
export function foldersOfServers(): readonly [string, ...string[]] {
  return hasStorage(FORMER_FOLDER) ? [DEFAULT_FOLDER, FORMER_FOLDER] : [DEFAULT_FOLDER];
}

function hasStorage(folder: string): boolean {
  return existsSync(join(folder, OWN_FOLDER));
}
