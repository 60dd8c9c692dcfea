/** The port behind which package files live. Every driver keeps test/storage/blob-store.contract.ts. */
import type { Readable } from 'node:stream';
import type { PackageKey } from '../names.ts';
import type { BlobVersion } from '../records.ts';

/** What an upload promises. A store binds every term, or throws NOT_SUPPORTED. */
export interface UploadTerms {
  /** Exact length in bytes; at least 0. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly contentType: string;
  readonly contentDisposition: string;
  readonly cacheControl: string;
  /** Travels with the bytes, so that `stat` tells which attempt sent them. */
  readonly attemptId: string;
}

/** Terms of an upload whose hash is known only when its last part has been read: `completeMultipart` is told then. */
export interface MultipartTerms extends Omit<UploadTerms, 'sha256'> {
  readonly sha256?: string | undefined;
}

/** How the file of a multipart upload is cut: every part has `partSize` bytes, but the last has what remains. */
export interface PartPlan {
  readonly partSize: number;
  readonly partCount: number;
  /** Every part is signed with its SHA-256, and sent with it. */
  readonly partChecksums: boolean;
}

export interface MultipartUpload {
  readonly key: PackageKey;
  readonly uploadId: string;
}

export interface PartTerms {
  /** From 1. */
  readonly partNumber: number;
  /** Exact length in bytes. */
  readonly size: number;
  /** 64 lower-case hex digits; required where the plan says `partChecksums`, forbidden where it does not. */
  readonly sha256?: string;
}

export interface PartInfo {
  readonly partNumber: number;
  readonly size: number;
}

export interface DownloadTerms {
  readonly contentType: string;
  readonly contentDisposition: string;
  /** The bytes to send. A store whose URLs can name them refuses to send any others; S3 can't. */
  readonly etag?: string;
  /** @default 'GET' */
  readonly method?: 'GET' | 'HEAD';
}

/** A request that its holder may send as it stands: same method, same URL, all headers. Host and Content-Length are not among the headers. */
export interface SignedRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the request stops working; never later than the signing credentials do. */
  readonly expiresAt: Date;
}

/** First and last byte, both included, as in RFC 9110 section 14. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobInfo extends BlobVersion {
  readonly key: PackageKey;
  readonly size: number;
  readonly lastModified: Date;
  /**
   * Another text wherever the bytes may have changed, for whoever asks whether they must be read again. Where the store knows no more
   * than the ETag it leaves this out.
   */
  readonly fingerprint?: string;
  /** The store's own proof: SHA-256 of the whole object, checked by the store while it took the bytes. Absent where it has none. */
  readonly sha256?: string;
  /** Which attempt sent the bytes. Absent where nothing of ours says so: such bytes may belong to somebody else. */
  readonly attemptId?: string;
  /** What else is stored with the bytes and is handed out with them; a store that keeps no such headers leaves it out. */
  readonly storedHeaders?: {
    readonly contentType?: string;
    readonly contentDisposition?: string;
    readonly cacheControl?: string;
    readonly contentEncoding?: string;
    readonly websiteRedirect?: string;
  };
}

/** Bytes on their way out of a store, in pieces. */
export interface BlobBody extends Readable {
  /**
   * Tells that nobody looks at a piece any more, so that its memory may be freed at once. Optional on both sides: pieces that are not
   * given back stay as they are.
   */
  readonly giveBack?: (piece: Uint8Array) => void;
}

/** What an upload left in the store beside the finished file, for the sweep. */
export interface Leftover {
  readonly key: PackageKey;
  readonly attemptId?: string;
  readonly startedAt: Date;
  /**
   * Set for a multipart upload that was begun and neither joined nor aborted; absent for notes about a file that has arrived (see
   * `settle`). Good for `abortMultipart`; may be shorter than what `beginMultipart` gave (core/uploads/same-upload.ts).
   */
  readonly uploadId?: string;
}

export interface BlobStore {
  /** Which store this is, as records name it: `local`, `s3`, `memory`. */
  readonly name: string;
  /** Whether type, disposition and so on are stored with the bytes: then `stat` tells them, which costs a request. */
  readonly keepsHeaders: boolean;
  /** How the scrub looks at what is stored: by reading all bytes, or by asking about them where reading is paid for. */
  readonly scrubbedBy: 'reading' | 'asking';

  /**
   * Stores the body whole or not at all, and never over something else.
   * @throws INTEGRITY where the bytes do not match `terms`, ALREADY_EXISTS where something is stored under the key, OUT_OF_SPACE
   */
  put(key: PackageKey, body: Readable, terms: UploadTerms): Promise<BlobInfo>;
  /**
   * The bytes, or a range of them. With `version`, just those bytes.
   * @throws NOT_FOUND, CONFLICT where other bytes than `version` are stored, INVALID_INPUT where the range lies outside
   */
  get(
    key: PackageKey,
    options?: { readonly range?: ByteRange; readonly version?: BlobVersion },
  ): Promise<BlobBody>;
  /**
   * Fills memory of the caller's, which can be used again, with the bytes from `start` on: those of `version`, or none.
   * @param onPiece gets every piece of it as it comes, in order, to be hashed while more come
   * @returns how many there were: fewer than there is room for where the file ends
   * @throws as `get`; also CONFLICT where the bytes are changed while they are read
   */
  readInto(
    key: PackageKey,
    into: Buffer,
    from: { readonly start: number; readonly version: BlobVersion },
    onPiece: (piece: Buffer) => void,
  ): Promise<number>;
  /** Undefined where nothing is stored. @throws KEY_OCCUPIED where something lies there that can be no file of ours (a folder, a link) */
  stat(key: PackageKey): Promise<BlobInfo | undefined>;
  /**
   * Removes exactly those bytes. Succeeds where nothing is stored: S3 cannot tell the two apart.
   * @throws CONFLICT where other bytes than `version` are stored; they stay. RETAINED where the store has to keep them for a time
   */
  delete(key: PackageKey, version: BlobVersion): Promise<void>;
  /**
   * Every stored file, in the order of the keys' UTF-8 bytes, streamed; `prefix` is of the key's text.
   * @param onAlien is told what lies among them and is no file of ours: how the store calls it, and what is wrong with it in words
   */
  list(prefix?: string, onAlien?: (name: string, what: string) => void): AsyncIterable<BlobInfo>;

  /** The one request that may upload this file: PUT, once, with all terms bound. */
  signUpload(key: PackageKey, terms: UploadTerms, expiresInSeconds: number): Promise<SignedRequest>;
  signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest>;

  /** Starts a multipart upload. Nothing is seen under the key before it is completed. */
  beginMultipart(key: PackageKey, terms: MultipartTerms, plan: PartPlan): Promise<MultipartUpload>;
  /** The one request that may upload this part; it may be sent again until the upload is completed. @throws NOT_FOUND for an unknown upload */
  signPart(
    upload: MultipartUpload,
    part: PartTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest>;
  /**
   * Takes a part whose bytes go through us; it may be sent again until the upload is completed. The memory is the caller's again afterwards.
   * @throws NOT_FOUND for an unknown upload, INTEGRITY where the bytes are not those of the terms, OUT_OF_SPACE
   */
  putPart(upload: MultipartUpload, part: PartTerms, bytes: Buffer): Promise<void>;
  /** The parts that have arrived whole, by number. @throws NOT_FOUND for an unknown upload */
  listParts(upload: MultipartUpload): Promise<readonly PartInfo[]>;
  /**
   * Stops all writers, joins the parts and stores the file under its key, never over something else. May read every byte.
   * @throws NOT_UPLOADED where a part is missing or has another length (the upload goes on), INTEGRITY where the store hashes and the
   *   bytes are not those of the terms (or of `sha256`, where the terms have none), ALREADY_EXISTS where something is stored under the key, NOT_FOUND for an unknown upload,
   *   NOT_SUPPORTED where the store refuses for good to join these parts: trying again would not help
   */
  completeMultipart(upload: MultipartUpload, sha256?: string): Promise<BlobInfo>;
  /** Removes the parts. Succeeds where the upload is not known (any more). */
  abortMultipart(upload: MultipartUpload): Promise<void>;

  /** What uploads left behind: multipart uploads under way, and notes about files that have arrived and were not settled. */
  leftovers(): AsyncIterable<Leftover>;
  /** The record of this key is final: notes about how its bytes came may go. Repeatable. */
  settle(key: PackageKey): Promise<void>;

  /** Ends what runs in the background; the store is not used after it. */
  close(): Promise<void>;
}
