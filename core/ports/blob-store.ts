/**
 * The port behind which package files are stored. Every driver passes
 * test/storage/blob-store.contract.ts.
 *
 * `FileStore` handles a file as a whole: enough to follow a simple upload and every download.
 * `MultipartStore` (multipart-store.ts) uploads a file in parts. A driver implements both.
 */
import type { Readable } from 'node:stream';
import type { PackageKey } from '../names.ts';
import type { BlobVersion } from '../records.ts';
import type { MultipartStore } from './multipart-store.ts';

/** What an upload promises. A store binds every term, or throws NOT_SUPPORTED. */
export interface UploadTerms {
  /** Exact length in bytes; at least 0. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly contentType: string;
  readonly contentDisposition: string;
  readonly cacheControl: string;
  /** Stored with the bytes, so that `stat` can report which attempt sent them. */
  readonly attemptId: string;
}

export interface DownloadTerms {
  readonly contentType: string;
  readonly contentDisposition: string;
  /**
   * The bytes to send. A store whose URLs can name them refuses to send any others; S3 cannot do
   * that.
   */
  readonly etag?: string;
  /** @default 'GET' */
  readonly method?: 'GET' | 'HEAD';
}

/**
 * A request that its holder sends exactly as issued: same method, same URL, all headers. Host and
 * Content-Length are not among the headers.
 */
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
   * A text that changes whenever the bytes may have changed, for callers that decide whether to
   * read them again. Absent if the store knows no more than the ETag.
   */
  readonly fingerprint?: string;
  /**
   * The store's own proof: SHA-256 of the whole object, which the store checked while it received
   * the bytes. Absent if it has none.
   */
  readonly sha256?: string;
  /**
   * Which attempt sent the bytes. Absent if the store does not know: the bytes may be a foreign
   * file.
   */
  readonly attemptId?: string;
  /**
   * Headers that are stored with the bytes and sent with every download. Absent if the store keeps
   * no headers.
   */
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
   * Says that the reader is done with a piece, so that its memory can be used again at once.
   * Optional for the store and for the reader: a piece that is not given back stays as it is.
   */
  readonly giveBack?: (piece: Uint8Array) => void;
}

/**
 * Passes every piece of a body to `look`, and then gives its memory back to the store.
 * @param look must be done with the piece when it returns
 */
export async function eachPiece(body: BlobBody, look: (piece: Uint8Array) => void): Promise<void> {
  for await (const piece of body) {
    look(piece);
    body.giveBack?.(piece);
  }
}

/** What an upload left in the store besides the finished file, for the sweep. */
export interface Leftover {
  readonly key: PackageKey;
  readonly attemptId?: string;
  readonly startedAt: Date;
  /**
   * Set for a multipart upload that was neither completed nor aborted; absent for an arrival note
   * (see `settle`). Valid for `abortMultipart`; may be shorter than what `beginMultipart` returned
   * (see `isSameUpload`).
   */
  readonly uploadId?: string;
}

/** Handles a file as a whole: stores, reads, removes, lists, and signs requests for clients. */
interface FileStore {
  /** Which store this is, as records name it: `local`, `s3`, `memory`. */
  readonly name: string;
  /**
   * Whether content type, disposition and other headers are stored with the bytes. `stat` reports
   * them then, which costs a request.
   */
  readonly keepsHeaders: boolean;
  /**
   * How the scrub checks stored files: by reading all bytes, or by asking the store about them,
   * where reading costs money.
   */
  readonly scrubbedBy: 'reading' | 'asking';

  /**
   * Stores the body whole or not at all, and never over something else.
   * @throws INTEGRITY if the bytes do not match `terms`, ALREADY_EXISTS if something is stored
   *   under the key, OUT_OF_SPACE
   */
  put(key: PackageKey, body: Readable, terms: UploadTerms): Promise<BlobInfo>;
  /**
   * The bytes, or a range of them. With `version`, exactly those bytes.
   * @throws NOT_FOUND, CONFLICT if other bytes than `version` are stored, INVALID_INPUT if the
   *   range is outside the file
   */
  get(
    key: PackageKey,
    options?: { readonly range?: ByteRange; readonly version?: BlobVersion },
  ): Promise<BlobBody>;
  /**
   * Fills the caller's memory with the bytes of `version` from `start` on, or throws.
   * @param onPiece gets each piece in order as it arrives, so that it can be hashed meanwhile
   * @returns how many bytes there were: fewer than `into` holds if the file ends before
   * @throws as `get`; also CONFLICT if the bytes change while they are read
   */
  readInto(
    key: PackageKey,
    into: Buffer,
    from: { readonly start: number; readonly version: BlobVersion },
    onPiece: (piece: Buffer) => void,
  ): Promise<number>;
  /**
   * Undefined if nothing is stored.
   * @throws KEY_OCCUPIED if something is stored there that cannot be a package file (a folder, a
   *   link)
   */
  stat(key: PackageKey): Promise<BlobInfo | undefined>;
  /**
   * Removes exactly those bytes. Succeeds if nothing is stored, because S3 does not report the
   * difference.
   * @throws CONFLICT if other bytes than `version` are stored; they stay. RETAINED if the store has
   *   to keep them for a time
   */
  delete(key: PackageKey, version: BlobVersion): Promise<void>;
  /**
   * Every stored file, in the order of the keys' UTF-8 bytes, streamed.
   * @param prefix beginning of the keys' text
   * @param onForeignFile gets each foreign file among them: its name in the store, and what is
   *   wrong with it
   */
  list(
    prefix?: string,
    onForeignFile?: (name: string, what: string) => void,
  ): AsyncIterable<BlobInfo>;

  /** The one request that may upload this file: PUT, once, with all terms bound. */
  signUpload(key: PackageKey, terms: UploadTerms, expiresInSeconds: number): Promise<SignedRequest>;
  signDownload(
    key: PackageKey,
    terms: DownloadTerms,
    expiresInSeconds: number,
  ): Promise<SignedRequest>;

  /**
   * What uploads left behind: unfinished multipart uploads, and arrival notes that were not
   * settled.
   */
  leftovers(): AsyncIterable<Leftover>;
  /**
   * Says that the record of this key is final, so that its arrival notes may be removed.
   * Repeatable.
   */
  settle(key: PackageKey): Promise<void>;

  /** Ends background work. The store must not be used after it. */
  close(): Promise<void>;
}

/** A store as the service uses it. */
export interface BlobStore extends FileStore, MultipartStore {}
