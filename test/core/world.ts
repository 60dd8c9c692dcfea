/**
 * A small world for tests of the core: catalog and stores in memory, a clock that tests move, and a
 * queue that they work off.
 */
import type { Principal } from '../../core/access/access.ts';
import { addSeconds } from '../../core/clock.ts';
import { type PackageRef, parseExt, parsePackageId, parseVersionId } from '../../core/names.ts';
import type { BlobInfo, BlobStore, SignedRequest } from '../../core/ports/blob-store.ts';
import type { UploadDeps } from '../../core/publishing/deps.ts';
import { PendingBytes } from '../../core/publishing/pending-bytes.ts';
import { verifyUpload } from '../../core/publishing/verify-upload.ts';
import {
  type CreatedUpload,
  createUpload,
  type NewPackage,
} from '../../core/uploads/create-upload.ts';
import { MemoryCatalog } from '../../storage/memory/memory-catalog.ts';
import { sendToMemory } from '../../storage/memory/memory-sender.ts';
import { MemoryStore } from '../../storage/memory/memory-store.ts';
import { UrlSigner } from '../../storage/url-signer.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';

export const publisher: Principal = { tokenId: 'publisher', scopes: ['publish'] };
export const ref: PackageRef = {
  versionId: parseVersionId('1.0.0'),
  packageId: parsePackageId('tool'),
};
export const MIB = 1024 * 1024;

export class World {
  now = new Date('2026-01-02T03:04:05.000Z');
  ids = 0;
  readonly catalog = new MemoryCatalog();
  readonly #signer = new UrlSigner({
    secret: Buffer.alloc(32, 7),
    publicUrl: 'http://store.test',
    clock: () => this.now,
  });
  readonly memory = new MemoryStore({
    signer: this.#signer,
    clock: () => this.now,
    newId: () => this.#newId(),
  });
  /** Another store, for tests that have two. */
  readonly other = new MemoryStore({
    name: 'other',
    signer: this.#signer,
    clock: () => this.now,
    newId: () => this.#newId(),
  });
  readonly queue: PackageRef[] = [];
  readonly deps: UploadDeps;

  /** @param wrap lets a test stand between the core and the store */
  constructor(wrap: (store: BlobStore) => BlobStore = (store) => store) {
    this.deps = {
      catalog: this.catalog,
      store: wrap(this.memory),
      clock: () => this.now,
      newId: () => this.#newId(),
      limits: {
        linkTtlSeconds: 300,
        uploadTtlSeconds: 900,
        uploadRetentionSeconds: 604_800,
        maxPackageBytes: 50 * 1024 * MIB,
        maxPendingBytes: 1000 * 1024 * MIB,
        maxPendingBytesPerToken: 500 * 1024 * MIB,
      },
      pending: new PendingBytes(),
      verification: { enqueue: async (one) => void this.queue.push(one) },
    };
  }

  #newId(): string {
    this.ids += 1;
    return `0190-${String(this.ids).padStart(8, '0')}`;
  }

  pass(seconds: number): void {
    this.now = addSeconds(this.now, seconds);
  }

  create(bytes: string | Uint8Array, more: Partial<NewPackage> = {}): Promise<CreatedUpload> {
    return createUpload(this.deps, publisher, ref.versionId, {
      packageId: ref.packageId,
      ext: parseExt('zip'),
      size: Buffer.byteLength(bytes),
      sha256: sha256Of(bytes),
      contentType: 'application/zip',
      metadata: {},
      partChecksums: false,
      ...more,
    });
  }

  /** The same world after a start with other settings: new uploads go to the other store. */
  turned(): UploadDeps {
    return { ...this.deps, store: this.other, fallback: this.memory };
  }

  async send(
    request: SignedRequest,
    body: string | Uint8Array,
    store = this.memory,
  ): Promise<number> {
    const bytes = Buffer.from(body as Uint8Array);
    const headers = { ...request.headers, 'content-length': String(bytes.length) };
    const sent = { method: request.method, url: request.url, headers, body: bytes };
    return (await sendToMemory(store, this.#signer, sent)).status;
  }

  /** Works off the queue, as a verifier would. */
  async verifyAll(): Promise<void> {
    for (let one = this.queue.shift(); one !== undefined; one = this.queue.shift())
      await verifyUpload(this.deps, one);
  }

  async stateNow(): Promise<string | undefined> {
    return (await this.catalog.getPackage(ref))?.state;
  }

  async leftovers(): Promise<number> {
    let count = 0;
    for await (const _ of this.memory.leftovers()) count += 1;
    return count;
  }
}

/** The request of a single upload. */
export function singleRequest(created: CreatedUpload): SignedRequest {
  if (created.upload?.method !== 'single') throw new Error('not a single upload');
  return created.upload.request;
}

/** The requests of a multipart upload's first parts. */
export function partRequests(created: CreatedUpload): readonly SignedRequest[] {
  if (created.upload?.method !== 'multipart') throw new Error('not a multipart upload');
  return created.upload.parts.map((part) => part.request);
}

/** A store that enforces what it signs but gives no evidence afterwards, as stores do that ignore checksums. */
export function withoutEvidence(store: BlobStore): BlobStore {
  const blind = (info: BlobInfo): BlobInfo => {
    const { sha256: _, ...rest } = info;
    return rest;
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'stat') {
        return async (key: Parameters<BlobStore['stat']>[0]) => {
          const info = await target.stat(key);
          return info && blind(info);
        };
      }
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
