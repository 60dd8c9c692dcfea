/**
 * Rebuilds the catalog while no server runs: from the undamaged records of the present catalog or a
 * backup, and from the files of the store.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import { enterFile } from '../../core/migrate/tree/enter-files.ts';
import { parsePackageKey } from '../../core/names.ts';
import type { BlobInfo, BlobStore } from '../../core/ports/blob-store.ts';
import { termsOf } from '../../core/proof/proof.ts';
import type { Settings } from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { openCatalogDatabase } from '../../storage/sqlite/file/open-catalog-database.ts';
import { listBackups } from '../../storage/sqlite/safety/backups.ts';
import type { BrokenRecord } from '../../storage/sqlite/safety/broken-records.ts';
import { describeFaults } from '../../storage/sqlite/safety/check-catalog.ts';
import {
  addMissingVersions,
  type CatalogCopy,
  copyWholeRows,
  openCopy,
  removeDatabase,
  takeRecords,
} from '../../storage/sqlite/safety/salvage.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { openSide } from '../migrate/open-sides.ts';
import { placeOf } from '../migrate/store-place.ts';
import { matchMarker, readMarker } from '../start/catalog-marker.ts';
import { type CatalogPlace, takePlace, whileStopped } from './stopped-server.ts';

export interface RebuildWish {
  /** The catalog to begin with. @default the present one, or the newest backup if it is damaged */
  readonly from?: string | undefined;
  /** If false, nothing is changed, and of the files only names and sizes are read. */
  readonly apply: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onFile?: (file: TreeFile) => void;
}

export interface TreeFile {
  readonly outcome: 'planned' | 'entered' | 'taken' | 'failed';
  readonly key: string;
  readonly bytes: number;
  readonly detail?: string;
}

export interface Rebuilt {
  readonly applied: boolean;
  /** The path of the catalog that it began with. @default all catalogs were damaged or missing */
  readonly base?: string;
  /** The catalogs that could not be used, with the reasons. */
  readonly refused: readonly string[];
  /** Broken records that were restored from a backup. */
  readonly recovered: number;
  /**
   * Broken records that are in no backup. If the file of such a package is stored, it is entered
   * like any other file.
   */
  readonly lost: readonly string[];
  readonly files: Readonly<Record<TreeFile['outcome'], number>>;
  readonly tokens: number;
  /** Where the former catalog is now. */
  readonly setAside?: string;
}

/** @throws CONFLICT when the server runs or the base belongs to another storage, ServiceError */
export function rebuildCatalog(settings: Settings, wish: RebuildWish): Promise<Rebuilt> {
  return whileStopped(settings, async (place) => {
    const draft = `${place.path}.draft-${randomUUID()}`;
    const scratch = `${place.path}.draft-${randomUUID()}`;
    try {
      const begun = begin(place, wish, draft, scratch);
      const catalog = SqliteCatalog.open({ path: draft });
      let files: Rebuilt['files'];
      let tokens: number;
      try {
        // A dry run writes no marker either.
        if (wish.apply || (await readMarker(place.paths)) !== undefined)
          await matchMarker(catalog, place.path, place.paths);
        files = await enterTree(settings, catalog, wish);
        tokens = (await catalog.listTokens({ limit: 1000 })).items.length;
      } finally {
        await catalog.close();
      }
      if (!wish.apply) return { applied: false, ...begun, files, tokens };
      const aside = takePlace(draft, place.path, wish.now);
      // Without its record the token is useless, and its file keeps the next start from making one.
      if (tokens === 0 && existsSync(place.paths.adminToken)) {
        renameSync(place.paths.adminToken, `${place.paths.adminToken}.set-aside`);
      }
      return {
        applied: true,
        ...begun,
        files,
        tokens,
        ...withoutUndefined({ setAside: aside }),
      };
    } finally {
      removeDatabase(draft);
      removeDatabase(scratch);
    }
  });
}

type Begun = Pick<Rebuilt, 'base' | 'refused' | 'recovered' | 'lost'>;

/** Fills `draft` with the intact records of the base, and takes the broken ones from backups. */
function begin(
  { path, paths }: CatalogPlace,
  { from }: RebuildWish,
  draft: string,
  scratch: string,
): Begun {
  const backups = listBackups(paths.backups).map((backup) => backup.path);
  const candidates =
    from === undefined ? [...(existsSync(path) ? [path] : []), ...backups] : [from];
  const refused: string[] = [];
  const db = openCatalogDatabase({ path: draft });
  try {
    for (const candidate of candidates) {
      const copied = tryCopy(candidate, scratch, refused);
      if (copied === undefined) continue;
      copyWholeRows(copied.db, db);
      copied.db.close();
      removeDatabase(scratch);
      const { broken } = copied.report;
      let lost: readonly BrokenRecord[] = broken.filter(({ table }) => table !== 'facts');
      for (const backup of lost.length === 0 ? [] : backups) {
        const older = backup === candidate ? undefined : tryCopy(backup, scratch, refused);
        if (older === undefined) continue;
        lost = takeRecords(older.db, db, lost);
        older.db.close();
        removeDatabase(scratch);
      }
      addMissingVersions(db);
      const names = lost
        .filter(({ table }) => table !== 'versions')
        .map(({ table, name }) => `${table} ${name}`);
      return { base: candidate, refused, recovered: broken.length - lost.length, lost: names };
    }
    if (from !== undefined)
      throw new ServiceError('INVALID_INPUT', refused[0] ?? `${from} is no catalog`);
    return { refused, recovered: 0, lost: [] };
  } finally {
    db.close();
  }
}

/** @returns undefined if the file is damaged */
function tryCopy(path: string, scratch: string, refused: string[]): CatalogCopy | undefined {
  try {
    const copied = openCopy(path, scratch);
    if (copied.report.faults.length === 0) return copied;
    copied.db.close();
    removeDatabase(scratch);
    refused.push(describeFaults(path, copied.report).split(';')[0] ?? path);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    refused.push(error.message);
  }
  return undefined;
}

async function enterTree(
  settings: Settings,
  catalog: SqliteCatalog,
  wish: RebuildWish,
): Promise<Rebuilt['files']> {
  const counts = { planned: 0, entered: 0, taken: 0, failed: 0 };
  const { storage, fallback } = settings;
  for (const one of fallback === undefined ? [storage] : [storage, fallback]) {
    const side = await openSide(placeOf(one), { readOnly: !wish.apply });
    try {
      for await (const info of side.store.list()) {
        wish.signal.throwIfAborted();
        const file = await enterOne(side, catalog, info, wish);
        if (file === undefined) continue;
        counts[file.outcome] += 1;
        wish.onFile?.(file);
      }
    } finally {
      await side.store.close();
    }
  }
  return counts;
}

/** @returns undefined for a file that already has a record */
async function enterOne(
  side: Awaited<ReturnType<typeof openSide>>,
  catalog: SqliteCatalog,
  info: BlobInfo,
  { apply, now }: RebuildWish,
): Promise<TreeFile | undefined> {
  const { key, size: bytes } = info;
  const owner = await catalog.getPackage(parsePackageKey(key));
  if (owner?.key === key) return undefined;
  if (owner !== undefined) {
    return {
      outcome: 'taken',
      key,
      bytes,
      detail: `its name belongs to the record of ${owner.key}`,
    };
  }
  if (!apply) return { outcome: 'planned', key, bytes };
  try {
    const { packageId, ext } = parsePackageKey(key);
    const filename = `${packageId}.${ext}`;
    const blob = (await side.store.stat(key)) ?? info;
    const sha256 = await sha256Of(side.store, blob);
    const contentType = blob.storedHeaders?.contentType ?? 'application/octet-stream';
    const terms = termsOf({
      size: blob.size,
      sha256,
      contentType,
      filename,
      attemptId: randomUUID(),
    });
    const by = { catalog, clock: () => now, enteredBy: 'catalog-rebuild' };
    const deps = { ...by, to: side, areRecovered: true } as const;
    const { outcome, detail } = await enterFile(deps, { source: blob, blob, terms, filename });
    // No upload that could be given up sent this file, so no sweep may remove it.
    await side.store.settle(key);
    if (outcome === 'entered') return { outcome, key, bytes };
    return { outcome: 'taken', key, bytes, ...withoutUndefined({ detail }) };
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return { outcome: 'failed', key, bytes, detail: error.message };
  }
}

async function sha256Of(store: BlobStore, blob: BlobInfo): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of await store.get(blob.key, { version: blob }))
    hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
