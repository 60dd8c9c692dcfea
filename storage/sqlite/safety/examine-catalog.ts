/**
 * Tests for `stowage doctor` whether the catalog of one machine is whole, and has a recent backup.
 * Changes nothing.
 */

import {
  type Finding,
  kept,
  notKept,
  type StorePromise,
  type TrialResult,
} from '../../../core/doctor/report.ts';
import { DatabaseSync, isOpen } from '../file/database.ts';
import { SCHEMA_STEPS } from '../file/schema.ts';
import { listBackups } from './backups.ts';
import { describeBroken } from './broken-records.ts';
import { type CatalogReport, checkCatalogFile } from './check-catalog.ts';

const WHOLE: StorePromise = {
  id: 'catalog-is-whole',
  group: 'catalog',
  promise: 'the file of the catalog is whole',
  need: 'always',
  otherwise: 'stop the service and run stowage catalog restore or stowage catalog rebuild',
};

const RECORDS: StorePromise = {
  id: 'catalog-records-are-whole',
  group: 'catalog',
  promise: 'every record is as it was written',
  need: 'always',
  otherwise: 'stop the service and run stowage catalog rebuild',
};

const BACKUP: StorePromise = {
  id: 'catalog-has-a-backup',
  group: 'catalog',
  promise: 'a backup of the last two days is there',
  need: 'never',
  otherwise:
    'a running server makes one a day, unless CATALOG_BACKUPS_KEPT is 0; keep copies in another way then',
};

const TWO_DAYS_MS = 2 * 86_400_000;
const NAMES_MAX = 5;

export interface ExamineCatalogOptions {
  readonly path: string;
  readonly backupFolder: string;
  readonly now: Date;
}

export function examineCatalog({
  path,
  backupFolder,
  now,
}: ExamineCatalogOptions): readonly Finding[] {
  const newest = listBackups(backupFolder).find(({ madeAt }) => madeAt <= now);
  const isFresh = newest !== undefined && newest.madeAt.getTime() > now.getTime() - TWO_DAYS_MS;
  const backup = isFresh
    ? kept(newest.path)
    : notKept(
        newest === undefined ? 'there is none' : `the newest is of ${newest.madeAt.toISOString()}`,
      );
  const [whole, records] = outcomesOf(path);
  return [
    { ...WHOLE, ...whole, needed: true },
    { ...RECORDS, ...records, needed: true },
    { ...BACKUP, ...backup, needed: false },
  ];
}

function outcomesOf(path: string): readonly [TrialResult, TrialResult] {
  if (isOld(path)) {
    const later: TrialResult = {
      verdict: 'not tried',
      seen: 'an older release made the catalog: the next start upgrades it',
    };
    return [later, later];
  }
  const report = checkCatalogFile(path);
  const { faults, indexFaults, broken } = report;
  const [fault] = [...faults, ...indexFaults];
  if (fault !== undefined && faults.length > 0) {
    return [notKept(fault), { verdict: 'not tried', seen: 'the file is not whole' }];
  }
  const whole =
    fault === undefined
      ? kept(countsOf(report))
      : notKept(`${fault}: the next start makes the index again`);
  if (broken.length === 0) return [whole, kept('every checksum fits')];
  const names = broken.slice(0, NAMES_MAX).map(describeBroken).join('; ');
  return [whole, notKept(`${broken.length} are not: ${names}`)];
}

function countsOf({ counts, aliasOnly }: CatalogReport): string {
  const some = aliasOnly === 0 ? '' : `, ${aliasOnly} of them reached by their alias alone`;
  return `${counts.packages} packages in ${counts.versions} versions${some}`;
}

function isOld(path: string): boolean {
  const db = new DatabaseSync(path, { open: false, readOnly: true });
  try {
    db.open();
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    return version > 0 && version < SCHEMA_STEPS.length;
  } catch {
    // The check says what is wrong with the file.
    return false;
  } finally {
    if (isOpen(db)) db.close();
  }
}
