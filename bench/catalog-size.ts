/** A catalog of a million records beside one of a thousand: listing a page and reading what a link needs. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Authenticator } from '../core/access.ts';
import { findAvailable, signLink } from '../core/links.ts';
import { type PackageId, packageKey, parseExt, parsePackageId, parseVersionId } from '../core/names.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import type { PackageRecord } from '../core/records.ts';
import { issueToken } from '../core/tokens.ts';
import { MemoryStore } from '../storage/memory/memory-store.ts';
import { SqliteCatalog } from '../storage/sqlite/sqlite-catalog.ts';
import { UrlSigner } from '../storage/url-signer.ts';
import { temporaryFolder } from './processes.ts';
import { reportBelow } from './table.ts';

const SMALL = 1000;
const LARGE = 1_000_000;
const ROUNDS = 7;
const READS = 20_000;
const PAGES = 100;
const versionId = parseVersionId('1.0.0');
const ext = parseExt('zip');
const clock = () => new Date();
const issued = issueToken({ name: 'bench', scopes: ['read'] }, 'bench', clock());
const signer = new UrlSigner({ secret: randomBytes(32), publicUrl: 'http://127.0.0.1', clock });
const store = new MemoryStore({ signer, clock, newId: () => '' });

export async function benchCatalogSize(): Promise<void> {
  const folder = temporaryFolder();
  const small = await filled(join(folder.path, 'small.db'), SMALL);
  const large = await filled(join(folder.path, 'large.db'), LARGE);
  await compare('resolving a link', small, large, resolveMany);
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

/** What a stable link costs beside HTTP: the token, the record, the signature. */
async function resolveMany(catalog: Catalog, count: number): Promise<void> {
  const authenticator = new Authenticator(catalog, clock);
  for (let read = 0; read < READS; read++) {
    await authenticator.authenticate(issued.token);
    const record = await findAvailable(catalog, versionId, `${idOf((read * 7919) % count)}.zip`);
    await signLink({ store, limits: { linkTtlSeconds: 300 } }, record);
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
  const catalog = SqliteCatalog.open({ path });
  await catalog.createToken(issued.record);
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
