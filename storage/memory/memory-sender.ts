/** Answers the signed requests of a MemoryStore without a server, as the gateway does over HTTP. */
import { type ErrorCode, isServiceError, ServiceError } from '../../core/errors.ts';
import type { ByteRange, DownloadTerms } from '../../core/ports/blob-store.ts';
import { readUse, requireSignedHeaders } from '../signed-requests.ts';
import { BLOBS_PATH, type UrlSigner } from '../url-signer.ts';
import type { MemoryFile, MemoryStore } from './memory-store.ts';

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case, Content-Length among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface SentAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The status of each refusal. Other codes do not occur here. */
const STATUS: { readonly [Code in ErrorCode]?: number } = {
  INVALID_INPUT: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  ALREADY_EXISTS: 412,
  INTEGRITY: 422,
};

/** Sends a request to the store, as a client does. */
export async function sendToMemory(
  store: MemoryStore,
  signer: UrlSigner,
  request: SentRequest,
): Promise<SentAnswer> {
  try {
    return await answer(store, signer, request);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return { status: STATUS[error.code] ?? 500, headers: {}, body: Buffer.from(error.message) };
  }
}

async function answer(
  store: MemoryStore,
  signer: UrlSigner,
  request: SentRequest,
): Promise<SentAnswer> {
  const { method, url, headers, body } = request;
  const use = readUse(method, signer.verify(method, url.slice(url.indexOf(BLOBS_PATH))));
  requireSignedHeaders(use, headers);
  if (use.kind === 'download') {
    const file = store.fileFor(use.key);
    if (file === undefined)
      throw new ServiceError('NOT_FOUND', `nothing is stored under ${use.key}`);
    const { etag = file.info.etag } = use.terms;
    if (file.info.etag !== etag)
      throw new ServiceError('CONFLICT', `${use.key} holds other bytes than ${etag}`);
    const answered = download(file, use.terms, headers['range']);
    return method === 'HEAD' ? { ...answered, body: Buffer.alloc(0) } : answered;
  }
  if (use.kind === 'upload') {
    const { etag } = store.store(use.key, body, use.terms);
    return { status: 200, headers: { etag }, body: Buffer.alloc(0) };
  }
  store.storePart(use.upload, use.part, body);
  return { status: 200, headers: {}, body: Buffer.alloc(0) };
}

function download(
  { info, bytes }: MemoryFile,
  terms: DownloadTerms,
  rangeHeader: string | undefined,
): SentAnswer {
  const headers = {
    etag: info.etag,
    'content-type': terms.contentType,
    'content-disposition': terms.contentDisposition,
    'accept-ranges': 'bytes',
  };
  const range = parseRange(rangeHeader, bytes.length);
  if (range === undefined) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(bytes.length) },
      body: bytes,
    };
  }
  const body = bytes.subarray(range.start, range.end + 1);
  if (body.length === 0) {
    return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` }, body };
  }
  const contentRange = `bytes ${range.start}-${range.end}/${bytes.length}`;
  const partial = {
    ...headers,
    'content-length': String(body.length),
    'content-range': contentRange,
  };
  return { status: 206, headers: partial, body };
}

/**
 * One range of RFC 9110 section 14.1.2, cut to the file. Undefined if the header has no such
 * range.
 */
function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size - 1 };
  return { start: Number(first), end: Math.min(last === '' ? size - 1 : Number(last), size - 1) };
}
