/** What a blob store brings to its contract suite, and the small words in which the suite speaks. */

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
  /** Laid over the headers of the request; `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** What Content-Length says; where the body is shorter, the connection is cut after it. @default the truth */
  readonly contentLength?: number;
}

export interface Answer {
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface BlobStoreHarness {
  /** Empty. */
  readonly store: BlobStore;
  /** The smallest part that the store takes, but for the last. Bytes. */
  readonly minPartSize: number;
  /** Sends a request as anybody could who holds nothing but it. */
  send(request: SignedRequest, body?: Buffer | string, overrides?: SendOverrides): Promise<Answer>;
  /** Comes back when it is `moment` for whoever checks signatures. */
  waitUntil(moment: Date): Promise<void>;
  /**
   * Runs `sign` as if it were so long ago that what it signs has expired by now. For a store whose checker of signatures has a clock
   * that no test can move. @default signs now, and waits
   */
  signLongAgo?(sign: () => Promise<SignedRequest>): Promise<SignedRequest>;
  /** How the URL of a part names the upload. @default the upload id as it is */
  uploadIdInUrl?(uploadId: string): string;
  /** Ends all. Rejects where anything is left in the store: a file, a part, a note, a work file, an empty folder. */
  close(): Promise<void>;
}

export const TTL_SECONDS = 600;

/** A key in a version of its own, unless one is given. */
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

/** Takes away what a test has stored; each key must be there. What else it left makes `close` fail. */
export async function takeAway(store: BlobStore, ...keys: readonly PackageKey[]): Promise<void> {
  await eachOf(keys, async (key) => {
    const info = await store.stat(key);
    if (info === undefined) throw new Error(`${key} was to be there`);
    await store.delete(key, info);
  });
}

const AT_ONCE = 16;

/** Does `work` for each, some at once. */
export async function eachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
  }
}

/** A multipart upload of `bytes` in parts of `partSize`, begun. */
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

/** A request that was good for a second, which has passed. */
export async function expired(
  { signLongAgo, waitUntil }: BlobStoreHarness,
  sign: () => Promise<SignedRequest>,
): Promise<SignedRequest> {
  const request = await (signLongAgo === undefined ? sign() : signLongAgo(sign));
  await waitUntil(request.expiresAt);
  return request;
}

/** Bytes of which no two stretches are alike. */
export function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  // A look at a global costs jest's realm more than all the rest of a round.
  const { imul } = Math;
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Refused, by whatever status the store says it. */
export function expectRefused(answer: Answer | number): void {
  expect(typeof answer === 'number' ? answer : answer.status).toBeGreaterThanOrEqual(400);
}

export function withCode(code: string): unknown {
  return expect.objectContaining({ name: 'ServiceError', code });
}

/** All that comes, in an array (the `lib` of our TypeScript has no Array.fromAsync yet). */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
