/** Two stores in memory, a catalog and a journal, for tests of migrations. */
import { ServiceError } from '../../../core/errors.ts';
import { Buffers } from '../../../core/migrate/copy/buffers.ts';
import type { CopyResult } from '../../../core/migrate/copy/outcome.ts';
import {
  type MigrateDeps,
  type MigrateOptions,
  migratePackages,
} from '../../../core/migrate/migrate-packages.ts';
import { type PackageKey, parsePackageKey } from '../../../core/names.ts';
import type { BlobInfo, BlobStore } from '../../../core/ports/blob-store.ts';
import { termsOf } from '../../../core/proof/proof.ts';
import type { PackageRecord } from '../../../core/records.ts';
import { MemoryJournal } from '../../../storage/memory/memory-journal.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { World } from '../world.ts';

const MIB = 1024 * 1024;

export class MovingWorld extends World {
  readonly journal = new MemoryJournal();

  /** @param over laid over what a migration from `memory` to `other` is given */
  moving(over: Partial<MigrateDeps> = {}): MigrateDeps {
    return {
      from: { place: 'memory', store: this.memory },
      to: { place: 'other', store: this.other },
      catalog: this.catalog,
      journal: this.journal,
      buffers: new Buffers(64 * MIB),
      verifyFull: false,
      clock: () => this.now,
      ...over,
    };
  }

  async move(
    over: Partial<MigrateDeps> = {},
    options: Partial<MigrateOptions> = {},
  ): Promise<readonly CopyResult[]> {
    return collect(migratePackages(this.moving(over), { concurrency: 4, ...options }));
  }

  /** A package that was published into `memory`. */
  async publish(file: string, bytes: Buffer | string, version = '1.0.0'): Promise<PackageRecord> {
    const { key, versionId, packageId, ext } = parsePackageKey(`packages/${version}/${file}`);
    const now = this.now.toISOString();
    const draft = {
      ...{
        versionId,
        packageId,
        ext,
        key,
        size: Buffer.byteLength(bytes),
        sha256: sha256Of(bytes),
      },
      ...{
        filename: file,
        contentType: 'application/zip',
        metadata: {},
        createdAt: now,
        createdBy: 'publisher',
      },
      ...{
        publishedAt: now,
        attemptId: `attempt-of-${packageId}`,
        plan: { method: 'single' as const },
        touchedAt: now,
      },
    };
    const { etag } = this.memory.store(key, Buffer.from(bytes), termsOf(draft), this.now);
    const record: PackageRecord = { ...draft, state: 'available', store: 'memory', blob: { etag } };
    await this.catalog.createPackage(record);
    return record;
  }
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function textIn(
  store: BlobStore,
  record: Pick<PackageRecord, 'key'>,
): Promise<string | undefined> {
  if ((await store.stat(record.key)) === undefined) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of await store.get(record.key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** The store, with some methods replaced. */
export function withVerbs(store: BlobStore, verbs: Partial<BlobStore>): BlobStore {
  return new Proxy(store, {
    get(target, name) {
      const own = Reflect.get(verbs, name);
      if (own !== undefined) return own;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** One line for each file, sorted: its key without `packages/`, and what became of it. */
export function linesOf(outcomes: readonly CopyResult[]): readonly string[] {
  return outcomes.map(({ key, outcome }) => `${key.slice('packages/'.length)} ${outcome}`).sort();
}

/** A store whose ETag is a hash of the bytes: when the same bytes are written again, it does not show. */
export function withContentEtags(store: BlobStore): BlobStore {
  const etagOf = async (key: PackageKey): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of await store.get(key)) chunks.push(chunk);
    return `"${sha256Of(Buffer.concat(chunks))}"`;
  };
  const info = async (found: BlobInfo): Promise<BlobInfo> => ({
    ...found,
    etag: await etagOf(found.key),
  });
  return withVerbs(store, {
    stat: async (key) => {
      const found = await store.stat(key);
      return found && info(found);
    },
    put: async (...args) => info(await store.put(...args)),
    get: (key, { range } = {}) => store.get(key, range === undefined ? {} : { range }),
    delete: async (key, version) => {
      const found = await store.stat(key);
      if (found === undefined) return;
      if ((await etagOf(key)) !== version.etag)
        throw new ServiceError('CONFLICT', 'other bytes are stored there');
      await store.delete(key, found);
    },
  });
}
