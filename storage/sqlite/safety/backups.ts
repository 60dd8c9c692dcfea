/**
 * Makes backups of a catalog: whole copies in their own folder, each checked before it gets its
 * name. All of it blocks, so a server runs it in a worker (catalog-tasks.ts).
 */

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../../../core/errors.ts';
import { DatabaseSync } from '../file/database.ts';
import { translateSqliteError } from '../file/errors.ts';
import { describeBroken } from './broken-records.ts';
import { type CatalogReport, checkCatalogFile, describeFaults } from './check-catalog.ts';

export interface Backup {
  readonly path: string;
  readonly madeAt: Date;
  readonly bytes: number;
}

const NAME = /^catalog-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/;
const DRAFT = /^\.catalog-[0-9a-f-]{36}\.db(?:-journal)?$/;

/** Newest first. */
export function listBackups(folder: string): readonly Backup[] {
  if (!existsSync(folder)) return [];
  const backups = readdirSync(folder).flatMap((name) => {
    const [, year, month, day, hour, minute, second] = NAME.exec(name) ?? [];
    if (year === undefined) return [];
    const path = join(folder, name);
    const madeAt = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    return [{ path, madeAt, bytes: statSync(path).size }];
  });
  return backups.sort((left, right) => right.madeAt.getTime() - left.madeAt.getTime());
}

export interface BackupOptions {
  readonly path: string;
  readonly folder: string;
  /** How many backups are kept. */
  readonly kept: number;
  readonly now: Date;
}

export interface BackupResult {
  /** The check of the catalog itself. */
  readonly report: CatalogReport;
  /** Absent when the check found damage: then no backup is made, and no older one is removed. */
  readonly backup?: Backup;
}

/**
 * Checks the catalog, copies it, checks the copy, gives it its name, and removes all backups but
 * the newest `kept`. @throws ServiceError
 */
export function backUpCatalog({ path, folder, kept, now }: BackupOptions): BackupResult {
  const report = checkCatalogFile(path);
  if (report.faults.length + report.indexFaults.length + report.broken.length > 0)
    return { report };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeDrafts(folder);
  const draft = join(folder, `.catalog-${randomUUID()}.db`);
  try {
    copyCatalog(path, draft);
    const target = join(folder, nameAt(now));
    renameSync(draft, target);
    syncToDisk(folder);
    for (const { path: old } of listBackups(folder).slice(kept)) rmSync(old);
    return { report, backup: { path: target, madeAt: now, bytes: statSync(target).size } };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @throws ServiceError when the copy is not whole; then nothing is left at `target` */
function copyCatalog(path: string, target: string): void {
  vacuumInto(path, target);
  const { faults, broken, ...rest } = checkCatalogFile(target);
  const faulty = faults.length > 0 ? faults : broken.map(describeBroken);
  if (faulty.length === 0) return;
  rmSync(target, { force: true });
  throw new ServiceError(
    'INTERNAL',
    describeFaults(`a copy of catalog ${path}`, { ...rest, broken, faults: faulty }),
  );
}

/**
 * Copies a catalog as it is at one moment. The copy is compact, synced to disk, and readable only
 * by its owner. It is not checked. @throws ServiceError
 */
export function vacuumInto(path: string, target: string): void {
  // SQLite fills an empty file that exists, so others can't read the copy even for a moment.
  closeSync(openSync(target, 'wx', 0o600));
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      db.prepare('VACUUM INTO ?').run(target);
    } finally {
      db.close();
    }
    syncToDisk(target);
  } catch (error) {
    rmSync(target, { force: true });
    throw translateSqliteError(error, `a copy of catalog ${path}`);
  }
}

/** Syncs a file, or the names in a folder, to disk. */
export function syncToDisk(path: string): void {
  const opened = openSync(path, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) if (DRAFT.test(name)) rmSync(join(folder, name));
}

function nameAt(moment: Date): string {
  return `catalog-${moment.toISOString().replace(/[-:]|\.\d{3}/g, '')}.db`;
}
