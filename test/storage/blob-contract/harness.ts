/** What a driver provides for the blob contract, and the functions that its tests share. */

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect } from '@jest/globals';
import { type PackageKey, parsePackageKey } from '../../../core/names.ts';
import type {
  BlobInfo,
  BlobStore,
  SignedRequest,
  UploadTerms,
} from '../../../core/ports/blob-store.ts';
import type { MultipartUpload, PartTerms } from '../../../core/ports/multipart-store.ts';

export interface SendOverrides {
  readonly method?: string;
  readonly url?: string;
  /** Replaces headers of the request; `undefined` removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** If the body is shorter, the connection is cut after it. @default the length of the body */
  readonly contentLength?: number;
}

export interface HttpAnswer {
  /** 0 if the connection ended without an answer. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface BlobStoreHarness {
  /** Empty. */
  readonly store: BlobStore;
  /** The smallest size of a part, except for the last one. In bytes. */
  readonly minPartSize: number;
  /** Sends a request as a client does that has nothing else. */
  send(
    request: SignedRequest,
    body?: Buffer | string,
    overrides?: SendOverrides,
  ): Promise<HttpAnswer>;
  /** Resolves when it is `moment` for the server that checks signatures. */
  waitUntil(moment: Date): Promise<void>;
  /**
   * Runs `sign` at a time so long ago that the request has expired by now. For servers whose clock
   * a test can't set. @default signs now, and waits
   */
  signLongAgo?(sign: () => Promise<SignedRequest>): Promise<SignedRequest>;
  /** The upload id as the URL of a part contains it. @default unchanged */
  uploadIdInUrl?(uploadId: string): string;
  /**
   * Rejects if a test left anything in the store: a file, a part, a note, a work file, an empty
   * folder.
   */
  close(): Promise<void>;
}

export const TTL_SECONDS = 600;

/** A key in version 1.0.0, unless another one is given. */
export function keyOf(name: string, version = '1.0.0'): PackageKey {
  return parsePackageKey(`packages/${version}/${name}`).key;
}

export function sha256Of(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function termsFor(bytes: Buffer | string, attemptId = 'attempt-1'): UploadTerms {
  return {
    size: Buffer.byteLength(bytes),
    sha256: sha256Of(bytes),
    contentType: 'application/zip',
    contentDisposition: `attachment; filename="It's (a) *test*.zip"; filename*=UTF-8''It%27s%20%28a%29.zip`,
    cacheControl: 'private, max-age=31536000, immutable',
    attemptId,
  };
}

export function put(
  store: BlobStore,
  key: PackageKey,
  bytes: Buffer | string,
  attemptId?: string,
): Promise<BlobInfo> {
  return store.put(key, Readable.from([Buffer.from(bytes)]), termsFor(bytes, attemptId));
}

export async function read(
  store: BlobStore,
  key: PackageKey,
  options?: Parameters<BlobStore['get']>[1],
): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.get(key, options)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

export async function keysIn(store: BlobStore, prefix?: string): Promise<readonly string[]> {
  const infos = await collect(store.list(prefix));
  return infos.map(({ key }) => key);
}

/**
 * Deletes what a test has stored; each key must exist. Anything else that it left makes `close`
 * fail.
 */
export async function takeAway(store: BlobStore, ...keys: readonly PackageKey[]): Promise<void> {
  await eachOf(keys, async (key) => {
    const info = await store.stat(key);
    if (info === undefined) throw new Error(`${key} was to be there`);
    await store.delete(key, info);
  });
}

const AT_ONCE = 16;

/** Runs `work` for each item, some of them in parallel. */
export async function eachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
  }
}

/** Begins a multipart upload of `bytes` in parts of `minPartSize`. */
export async function begin(
  { store, minPartSize }: BlobStoreHarness,
  key: PackageKey,
  bytes: Buffer,
  partChecksums = false,
): Promise<{
  readonly upload: MultipartUpload;
  readonly partCount: number;
  partOf(partNumber: number): PartTerms & { bytes: Buffer };
}> {
  const partCount = Math.ceil(bytes.length / minPartSize);
  const upload = await store.beginMultipart(key, termsFor(bytes), {
    partSize: minPartSize,
    partCount,
    partChecksums,
  });
  const partOf = (partNumber: number) => {
    const part = bytes.subarray((partNumber - 1) * minPartSize, partNumber * minPartSize);
    const terms = { partNumber, size: part.length, bytes: part };
    return partChecksums ? { ...terms, sha256: sha256Of(part) } : terms;
  };
  return { upload, partCount, partOf };
}

/** Signs a part and sends it. */
export async function sendPart(
  { store, send }: BlobStoreHarness,
  upload: MultipartUpload,
  { bytes, ...terms }: PartTerms & { readonly bytes: Buffer },
  overrides?: SendOverrides,
): Promise<number> {
  const request = await store.signPart(upload, terms, TTL_SECONDS);
  return (await send(request, bytes, overrides)).status;
}

/** A request that has just expired. */
export async function expired(
  { signLongAgo, waitUntil }: BlobStoreHarness,
  sign: () => Promise<SignedRequest>,
): Promise<SignedRequest> {
  const request = await (signLongAgo === undefined ? sign() : signLongAgo(sign));
  await waitUntil(request.expiresAt);
  return request;
}

/** Pseudo-random bytes, so that no two parts of a file are equal. */
export function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  // In jest, reading a global costs more than the rest of the loop.
  const { imul } = Math;
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Expects a refusal, with any status of 400 or more. */
export function expectRefused(answer: HttpAnswer | number): void {
  expect(typeof answer === 'number' ? answer : answer.status).toBeGreaterThanOrEqual(400);
}

export function withCode(code: string): unknown {
  return expect.objectContaining({ name: 'ServiceError', code });
}

/** Collects all items in an array. (TypeScript's `lib` has no Array.fromAsync yet.) */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
