/** Backups of a catalog: whole files in a folder of their own, each checked before it gets its name. Blocks: a server runs it in a worker. */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
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
import { DatabaseSync } from 'node:sqlite';
import { ServiceError } from '../../../core/errors.ts';
import { translateSqliteError } from '../sqlite-errors.ts';
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
  readonly kept: number;
  readonly now: Date;
}

export interface BackupResult {
  /** Of the catalog itself. */
  readonly report: CatalogReport;
  /** Absent where the check of the catalog failed: no backup is made of damage, and none is removed for it. */
  readonly backup?: Backup;
}

/** Checks the catalog, copies it, checks the copy, gives it its name, and removes all but the newest `kept`. @throws ServiceError */
export function backUpCatalog({ path, folder, kept, now }: BackupOptions): BackupResult {
  const report = checkCatalogFile(path);
  if (report.faults.length + report.indexFaults.length + report.broken.length > 0) return { report };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeDrafts(folder);
  const draft = join(folder, `.catalog-${randomUUID()}.db`);
  try {
    const copied = copyCatalog(path, draft);
    if (copied.broken.length > 0) throw new ServiceError('INTERNAL', `a copy of catalog ${path} has broken records`);
    const target = join(folder, nameAt(now));
    renameSync(draft, target);
    sync(folder);
    for (const { path: old } of listBackups(folder).slice(kept)) rmSync(old);
    return { report, backup: { path: target, madeAt: now, bytes: statSync(target).size } };
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Copies a catalog as it is at one moment, compact, readable for its owner alone, and on the disk when this returns.
 * @throws ServiceError; nothing is left at `target` to be taken for a copy where its check failed
 */
export function copyCatalog(path: string, target: string): CatalogReport {
  // SQLite takes a file that is empty: so the copy is never readable for others, not even for a moment.
  closeSync(openSync(target, 'wx', 0o600));
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      db.prepare('VACUUM INTO ?').run(target);
    } finally {
      db.close();
    }
    chmodSync(target, 0o600);
    sync(target);
  } catch (error) {
    rmSync(target, { force: true });
    throw translateSqliteError(error, `a copy of catalog ${path}`);
  }
  const copied = checkCatalogFile(target);
  if (copied.faults.length === 0) return copied;
  rmSync(target, { force: true });
  throw new ServiceError('INTERNAL', describeFaults(`a copy of catalog ${path}`, copied));
}

function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) if (DRAFT.test(name)) rmSync(join(folder, name));
}

function nameAt(moment: Date): string {
  return `catalog-${moment.toISOString().replace(/[-:]|\.\d{3}/g, '')}.db`;
}

function sync(path: string): void {
  const opened = openSync(path, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
