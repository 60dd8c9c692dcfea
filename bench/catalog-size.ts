/** A catalog of a million records beside one of a thousand: listing a page and reading what a link needs. */
import { join } from 'node:path';
import { type PackageId, packageKey, parseExt, parsePackageId, parseVersionId } from '../core/names.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import type { PackageRecord } from '../core/records.ts';
import { SqliteCatalog } from '../storage/sqlite/sqlite-catalog.ts';
import { temporaryFolder } from './processes.ts';
import { reportBelow } from './table.ts';

const SMALL = 1000;
const LARGE = 1_000_000;
const ROUNDS = 7;
const READS = 20_000;
const PAGES = 100;
const versionId = parseVersionId('1.0.0');
const ext = parseExt('zip');

export async function benchCatalogSize(): Promise<void> {
  const folder = temporaryFolder();
  const small = await filled(join(folder.path, 'small.db'), SMALL);
  const large = await filled(join(folder.path, 'large.db'), LARGE);
  await compare('resolving a link', small, large, readMany);
  await compare('listing a page of 100', small, large, listMany);
  await small.close();
  await large.close();
  folder.remove();
}

type Work = (catalog: Catalog, count: number) => Promise<void>;

async function compare(what: string, small: Catalog, large: Catalog, work: Work): Promise<void> {
  const best = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    best.small = Math.min(best.small, await microseconds(() => work(small, SMALL)));
    best.large = Math.min(best.large, await microseconds(() => work(large, LARGE)));
  }
  reportBelow(`${what}: 1,000,000 records in times of 1,000`, best.large / best.small, 1.5, 'times');
}

async function microseconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return used.user + used.system;
}

async function readMany(catalog: Catalog, count: number): Promise<void> {
  for (let read = 0; read < READS; read++) {
    const found = await catalog.getPackage({ versionId, packageId: idOf((read * 7919) % count) });
    if (found === undefined) throw new Error('a record is missing');
  }
}

async function listMany(catalog: Catalog): Promise<void> {
  let after: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const request = { limit: 100, ...(after === undefined ? {} : { after }) };
    const found = await catalog.listPackages(versionId, ['available', 'yanked'], request);
    after = found.next;
  }
}

function idOf(index: number): PackageId {
  return parsePackageId(`package-${String(index).padStart(7, '0')}`);
}

/** Many at once: the catalog commits what waits together. */
const AT_ONCE = 5000;

async function filled(path: string, count: number): Promise<SqliteCatalog> {
  const catalog = await SqliteCatalog.open({ path });
  for (let first = 0; first < count; first += AT_ONCE) {
    const last = Math.min(first + AT_ONCE, count);
    const batch = Array.from({ length: last - first }, (_, index) => catalog.createPackage(recordOf(first + index)));
    await Promise.all(batch);
  }
  return catalog;
}

function recordOf(index: number): PackageRecord {
  const packageId = idOf(index);
  const now = new Date().toISOString();
  return {
    versionId,
    packageId,
    ext,
    key: packageKey(versionId, packageId, ext),
    state: 'available',
    size: 1024,
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    filename: `${packageId}.zip`,
    contentType: 'application/zip',
    metadata: {},
    createdAt: now,
    createdBy: 'bench',
    attemptId: 'attempt',
    plan: { method: 'single' },
    touchedAt: now,
    store: 'local',
    blob: { etag: '"1"' },
  };
}
