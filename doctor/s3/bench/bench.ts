/**
 * The folder within S3_PREFIX in which a bucket is tested, with a store for each form of signing.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock, NewId } from '../../../core/clock.ts';
import {
  type PackageKey,
  packageKey,
  parseExt,
  parsePackageId,
  parseVersionId,
} from '../../../core/names.ts';
import type { BlobInfo, SignedRequest, UploadTerms } from '../../../core/ports/blob-store.ts';
import type { MultipartUpload, PartTerms } from '../../../core/ports/multipart-store.ts';
import { dispositionOf } from '../../../core/proof/proof.ts';
import { S3Bucket } from '../../../storage/s3/bucket/s3-bucket.ts';
import type { S3Integrity, S3Settings } from '../../../storage/s3/bucket/s3-settings.ts';
import { type SdkS3Client, sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { S3Store } from '../../../storage/s3/s3-store.ts';
import { type Changes, send, type TrialResponse } from './send.ts';

/** Beside `packages/`, where no service looks. */
export const PROBE_FOLDER = '.stowage-doctor';
/** The bytes that trials upload, and the bytes with which they try to replace them. */
export const GOOD = Buffer.from('the bytes that were announced\n');
export const OTHER = Buffer.from('other bytes of the same length');

const TTL_SECONDS = 300;
const WEEK_SECONDS = 7 * 86_400;
/** Longer than a header signature is valid. */
const LONG_AGO_SECONDS = 20 * 60;

export interface BenchOptions {
  readonly settings: S3Settings;
  readonly corsOrigins: readonly string[];
  readonly clock: Clock;
  readonly newId: NewId;
  /** How long publishers may take for an upload. @default 7 days */
  readonly uploadRetentionSeconds?: number;
}

export class Bench {
  /** As configured, with the prefix of the service. */
  readonly settings: S3Settings;
  readonly corsOrigins: readonly string[];
  readonly clock: Clock;
  readonly uploadRetentionSeconds: number;
  /** With the prefix of this bench. */
  readonly bucket: S3Bucket<SdkS3Client>;
  /** With the configured integrity. */
  readonly store: S3Store;
  /** Every multipart upload begun here, because not every store lists unfinished ones. */
  readonly begun: MultipartUpload[] = [];
  /** Binds parts by checksums, even if the store does not list those. */
  readonly checksumParts: S3Store;
  readonly #stores: Readonly<Record<S3Integrity, S3Store>>;
  readonly #longAgo: Readonly<Record<S3Integrity, S3Store>>;
  #keys = 0;

  constructor({
    settings,
    corsOrigins,
    clock,
    newId,
    uploadRetentionSeconds = WEEK_SECONDS,
  }: BenchOptions) {
    this.uploadRetentionSeconds = uploadRetentionSeconds;
    this.settings = settings;
    this.corsOrigins = corsOrigins;
    this.clock = clock;
    const prefix = `${settings.prefix === undefined ? '' : `${settings.prefix}/`}${PROBE_FOLDER}/${newId()}`;
    this.bucket = new S3Bucket({ ...settings, prefix }, sdkS3);
    const longAgo = () => new Date(clock().getTime() - LONG_AGO_SECONDS * 1000);
    const storeOf = (integrity: S3Integrity, its: Clock) =>
      new S3Store({ ...settings, connect: sdkS3, prefix, integrity, clock: its, newId });
    this.#stores = { checksum: storeOf('checksum', clock), payload: storeOf('payload', clock) };
    this.#longAgo = {
      checksum: storeOf('checksum', longAgo),
      payload: storeOf('payload', longAgo),
    };
    this.store = this.#stores[settings.integrity];
    const parts = { integrity: 'checksum', triesPartLists: false } as const;
    this.checksumParts = new S3Store({
      ...settings,
      connect: sdkS3,
      prefix,
      ...parts,
      clock,
      newId,
    });
  }

  storeOf(form: S3Integrity): S3Store {
    return this.#stores[form];
  }

  /** A key that was not used before. */
  newKey(version = 'probe'): PackageKey {
    this.#keys += 1;
    return packageKey(parseVersionId(version), parsePackageId(`p${this.#keys}`), parseExt('bin'));
  }

  signUpload(form: S3Integrity, key: PackageKey, bytes: Buffer): Promise<SignedRequest> {
    return this.#stores[form].signUpload(key, termsFor(bytes), TTL_SECONDS);
  }

  /** A request that has expired. */
  signUploadLongAgo(form: S3Integrity, key: PackageKey, bytes: Buffer): Promise<SignedRequest> {
    return this.#longAgo[form].signUpload(key, termsFor(bytes), 1);
  }

  signDownload(key: PackageKey, method: 'GET' | 'HEAD' = 'GET'): Promise<SignedRequest> {
    return this.store.signDownload(key, { ...DOWNLOAD, method }, TTL_SECONDS);
  }

  signDownloadLongAgo(key: PackageKey): Promise<SignedRequest> {
    return this.#longAgo[this.settings.integrity].signDownload(key, DOWNLOAD, 1);
  }

  /** Signs in the form in which the upload was begun. */
  signPart(upload: MultipartUpload, part: PartTerms): Promise<SignedRequest> {
    return this.store.signPart(upload, part, TTL_SECONDS);
  }

  send(request: SignedRequest, body?: Buffer, changes?: Changes): Promise<TrialResponse> {
    return send(request, body, changes);
  }

  /** Stores the bytes without a signed request. @returns what the store says about them */
  async put(key: PackageKey, bytes: Buffer): Promise<BlobInfo> {
    return this.store.put(key, Readable.from([bytes]), termsFor(bytes));
  }

  async read(key: PackageKey): Promise<Buffer> {
    return bytesOf(await this.store.get(key));
  }

  async close(): Promise<void> {
    const stores = [
      ...Object.values(this.#stores),
      ...Object.values(this.#longAgo),
      this.checksumParts,
    ];
    for (const store of stores) await store.close();
    this.bucket.client.destroy();
  }
}

/** A name that every encoding has to change. */
const FILENAME = 'Probe "1" – größe 測試+1.bin';

/** Headers for a download. They differ from the stored ones, so that a mix-up shows. */
export const DOWNLOAD = {
  contentType: 'application/x-stowage-download',
  contentDisposition: dispositionOf({ filename: FILENAME }),
} as const;

export function termsFor(bytes: Buffer): UploadTerms {
  return {
    size: bytes.length,
    sha256: sha256Of(bytes),
    contentType: 'application/x-stowage-probe',
    contentDisposition: dispositionOf({ filename: FILENAME }),
    cacheControl: 'private, max-age=60',
    attemptId: 'doctor',
  };
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
