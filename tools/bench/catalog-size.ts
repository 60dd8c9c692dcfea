/** A catalog of a million records beside one of a thousand, each asked through a server of its own: links and pages. */
import { join } from 'node:path';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../core/names.ts';
import type { PackageRecord } from '../../core/records.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { load } from './measure/load.ts';
import { temporaryFolder } from './measure/processes.ts';
import { type BenchServer, startStowage } from './measure/stowage-server.ts';
import { reportBelow } from './measure/table.ts';

const SMALL = 1000;
const LARGE = 1_000_000;
const ROUNDS = 3;
const SECONDS = 4;
const versionId = parseVersionId('1.0.0');
const ext = parseExt('zip');

export async function benchCatalogSize(): Promise<void> {
  const folder = temporaryFolder();
  const small = await startOver(join(folder.path, 'small.db'), SMALL);
  const large = await startOver(join(folder.path, 'large.db'), LARGE);
  const link = { path: '/packages/1.0.0/package-{n}.zip', expect: 302 };
  const page = { path: '/v1/versions/1.0.0/packages', expect: 200 };
  await compare('resolving a link', [small, SMALL], [large, LARGE], link);
  await compare('listing a page of 100', [small, SMALL], [large, LARGE], page);
  await small.stop();
  await large.stop();
  folder.remove();
}

type Filled = readonly [server: BenchServer, records: number];

/** CPU time of the server for an answer; the best of some rounds in turn. */
async function compare(
  what: string,
  small: Filled,
  large: Filled,
  asked: { readonly path: string; readonly expect: number },
): Promise<void> {
  const best = { small: 0, large: 0 };
  const rate = async ([server, records]: Filled) => {
    const spreadOver = asked.path.includes('{n}') ? { spreadOver: records } : {};
    const wanted = {
      ...asked,
      ...spreadOver,
      headers: server.headers,
      connections: 16,
      seconds: SECONDS,
    };
    return (await load(server, wanted)).perCpuSecond;
  };
  for (let round = 0; round < ROUNDS; round++) {
    best.small = Math.max(best.small, await rate(small));
    best.large = Math.max(best.large, await rate(large));
  }
  const detail = `${Math.round(best.large)} and ${Math.round(best.small)} answers per CPU second`;
  reportBelow(
    `${what}: 1,000,000 records in times of 1,000`,
    best.small / best.large,
    1.5,
    'times',
    detail,
  );
}

async function startOver(path: string, count: number): Promise<BenchServer> {
  await fill(path, count);
  return startStowage({ CATALOG_PATH: path });
}

/** Many at once: the catalog commits what waits together. */
const AT_ONCE = 5000;

async function fill(path: string, count: number): Promise<void> {
  const catalog = SqliteCatalog.open({ path });
  for (let first = 0; first < count; first += AT_ONCE) {
    const last = Math.min(first + AT_ONCE, count);
    const batch = Array.from({ length: last - first }, (_, index) =>
      catalog.createPackage(recordOf(first + index)),
    );
    await Promise.all(batch);
  }
  await catalog.close();
}

function recordOf(index: number): PackageRecord {
  const packageId = parsePackageId(`package-${String(index).padStart(7, '0')}`);
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
