/**
 * The use cases of the core over a real store behind a proxy, with ways to change bytes in between.
 */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, expect } from '@jest/globals';
import type { BlobStore, SignedRequest } from '../../../../core/ports/blob-store.ts';
import type { PackageRecord } from '../../../../core/records.ts';
import { completeUpload } from '../../../../core/uploads/complete-upload.ts';
import type { CreatedUpload, NewPackage } from '../../../../core/uploads/create-upload.ts';
import type { S3Integrity } from '../../../../storage/s3/bucket/s3-settings.ts';
import { partRequests, ref, singleRequest, World } from '../../../core/world.ts';
import type { S3Server } from '../../../support/servers/s3-server.ts';
import { read } from '../../blob-contract/harness.ts';
import { type BehindProxy, eachBehindProxy } from './behind-proxy.ts';

export type Method = NonNullable<NewPackage['method']>;
export const METHODS: readonly Method[] = ['single', 'multipart'];

/** Opens and closes with each test of the `describe` in which it is made. */
export class PublishingHouse {
  /** Laid between the core and the store: methods that are answered otherwise. */
  between: Partial<BlobStore> = {};
  readonly #current: () => BehindProxy;
  #world = new World();

  constructor(server: () => S3Server, integrity: S3Integrity) {
    this.#current = eachBehindProxy(server, integrity);
    beforeEach(() => {
      this.between = {};
      this.#world = new World(() => overlaid(this.#current().store, () => this.between));
      this.#world.now = new Date();
    });
  }

  get world(): World {
    return this.#world;
  }

  get behindProxy(): BehindProxy {
    return this.#current();
  }

  async send(request: SignedRequest | undefined, bytes: string): Promise<number> {
    if (request === undefined) throw new Error('there is a request for every upload');
    return (await this.behindProxy.harness.send(request, bytes)).status;
  }

  /** Created, and its bytes are there. */
  async upload(method: Method, bytes = 'bytes'): Promise<CreatedUpload> {
    const created = await this.world.create(bytes, { method });
    expect(await this.send(requestOf(created), bytes)).toBe(200);
    return created;
  }

  /** Completes and verifies. @throws the rejection that the publisher gets, if it was rejected */
  async finish(): Promise<PackageRecord | undefined> {
    const { deps, catalog } = this.world;
    await completeUpload(deps, ref);
    await this.world.verifyAll();
    const after = await catalog.getPackage(ref);
    return after?.state === 'rejected' ? completeUpload(deps, ref) : after;
  }

  /** What the store really has. */
  stored({ key }: PackageRecord): Promise<string> {
    return read(this.behindProxy.harness.store, key);
  }

  /** Stores other bytes there, as anyone with keys of the bucket can. */
  async replace({ key }: PackageRecord, bytes: string): Promise<void> {
    const { client, bucket } = this.behindProxy.harness;
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
  }

  /** Puts other bytes there with all that was declared beside them, as from the attempt itself. */
  async forge({ key, attemptId }: PackageRecord, bytes: string): Promise<void> {
    const { client, bucket, store } = this.behindProxy.harness;
    const { contentType, contentDisposition, cacheControl } =
      (await store.stat(key))?.storedHeaders ?? {};
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: bytes,
        Metadata: { 'stowage-attempt': attemptId },
        ContentType: contentType,
        ContentDisposition: contentDisposition,
        CacheControl: cacheControl,
      }),
    );
  }

  /** From now on the store has no proof of its own: bytes must be read back. */
  withoutProof(): void {
    const { store } = this.behindProxy;
    const stat: BlobStore['stat'] = async (key) => {
      const info = await store.stat(key);
      if (info === undefined) return undefined;
      const { sha256: _, ...rest } = info;
      return rest;
    };
    this.between = { ...this.between, stat };
  }
}

export function requestOf(created: CreatedUpload): SignedRequest | undefined {
  return created.upload?.method === 'single' ? singleRequest(created) : partRequests(created)[0];
}

/** `store`, but for the methods that `between` has at the time of a call. */
function overlaid(store: BlobStore, between: () => Partial<BlobStore>): BlobStore {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(between(), name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
