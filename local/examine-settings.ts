/**
 * Tests every promise that a service with these settings relies on: those of its store, its
 * fallback store and its catalog.
 */
import { existsSync } from 'node:fs';
import { v7 as uuidv7 } from 'uuid';
import {
  type Circumstances,
  type DoctorReport,
  type Finding,
  reportOf,
} from '../core/doctor/report.ts';
import type { Settings, StorageConfig } from '../core/settings.ts';
import { s3Settings } from '../open/s3-driver-settings.ts';
import { examineScrub } from './examine-scrub.ts';
import { servicePaths } from './start/first-start.ts';

/** @throws the signal's reason when it is aborted; nothing is left behind in that case either */
export async function examineSettings(
  settings: Settings,
  signal: AbortSignal,
): Promise<DoctorReport> {
  const { storage, fallback, catalog, corsOrigins, publicDownloads } = settings;
  // The two stores have different types, so no promise is tested twice.
  const storages = fallback === undefined ? [storage] : [storage, fallback];
  const findings: Finding[] = [];
  for (const one of storages) findings.push(...(await examineStorage(one, settings, signal)));
  if (catalog.type === 'dynamodb') {
    const { examineTable } = await import('../doctor/dynamo/examine-table.ts');
    const circumstances: Circumstances = { publicDownloads, browsers: corsOrigins.length > 0 };
    findings.push(...(await examineTable(catalog, circumstances, signal)));
  }
  findings.push(...(await examineScrub(settings)));
  if (catalog.type === 'sqlite' && existsSync(catalog.path)) {
    const { examineCatalog } = await import('../storage/sqlite/safety/examine-catalog.ts');
    const { backups } = servicePaths(storage.localPath);
    findings.push(
      ...examineCatalog({ path: catalog.path, backupFolder: backups, now: new Date() }),
    );
  }
  const places = [
    ...storages.map(placeOf),
    ...(catalog.type === 'dynamodb' ? [`table ${catalog.tableName}`] : []),
  ];
  return reportOf(places.join(', '), findings);
}

async function examineStorage(
  storage: StorageConfig,
  { corsOrigins, publicDownloads, maxPackageBytes, uploadRetentionSeconds }: Settings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const circumstances = { publicDownloads, browsers: corsOrigins.length > 0 };
  if (storage.type === 'local') {
    const { examineDisk } = await import('../doctor/disk/examine-disk.ts');
    return examineDisk({ root: storage.localPath, maxPackageBytes }, circumstances, signal);
  }
  const { examineBucket } = await import('../doctor/s3/examine-bucket.ts');
  const its = { settings: s3Settings(storage), corsOrigins, uploadRetentionSeconds };
  const options = { ...its, clock: () => new Date(), newId: uuidv7 };
  return examineBucket(options, { ...circumstances, integrity: storage.s3Integrity }, signal);
}

function placeOf(storage: StorageConfig): string {
  if (storage.type === 'local') return `folder ${storage.localPath}`;
  const { s3Bucket, s3Endpoint, s3Region, s3Prefix } = storage;
  const under = s3Prefix === undefined ? '' : ` under ${s3Prefix}`;
  return `bucket ${s3Bucket}${under} at ${s3Endpoint ?? `AWS in ${s3Region}`} (S3_INTEGRITY=${storage.s3Integrity})`;
}
