/**
 * Sends bytes with one signed request, exactly as issued, and interprets the answer of the storage.
 */
import type { RequestBody } from '../api/schemas/answers.ts';
import { readBeginning } from './bounded-body.ts';
import { isTransient, retryAfterOf } from './retry.ts';
import { isStowageError, StowageError, type StowageErrorCode } from './stowage-error.ts';
import type { Transport } from './transport.ts';

/**
 * Bytes of known length. A signed request binds the length, and `fetch` sends a stream without one.
 * A Blob has a length and is still streamed.
 */
export type UploadBytes = Blob | Uint8Array<ArrayBuffer>;

/** The upload engine needs only the length of a slice in bytes. The sender knows how to read it. */
export type Slice = { readonly size: number } | Uint8Array<ArrayBuffer>;

/** Length of a slice in bytes. */
export function sizeOf(slice: Slice): number {
  return slice instanceof Uint8Array ? slice.length : slice.size;
}

export interface SendOptions {
  readonly signal: AbortSignal | undefined;
  /** Receives the number of bytes sent so far. A sender that does not know it never calls this. */
  readonly onSent: (bytes: number) => void;
}

/**
 * Sends a request with all its headers and exactly these bytes.
 * @throws StowageError UNREACHABLE where no answer comes
 */
export type SendBytes<Bytes = UploadBytes> = (
  request: RequestBody,
  bytes: Bytes,
  options: SendOptions,
) => Promise<Response>;

/** The sender for every platform. It reports no progress, because `fetch` reports none. */
export function fetchSender(transport: Transport): SendBytes {
  return (request, bytes, { signal }) =>
    transport.raw(request.url, {
      method: request.method,
      headers: request.headers,
      body: bytes,
      redirect: 'error',
      ...(signal === undefined ? {} : { signal }),
    });
}

/** The text of a refusal is short, so reading stops here. */
const REFUSAL_BYTES = 64 * 1024;

/**
 * `stored`, or `unsure`: something is already stored (412), or the upload has ended (404).
 * Completing the upload shows which.
 */
export type SendOutcome = 'stored' | 'unsure';

/** @throws StowageError with the status: see `isWorthAnotherSend` */
export async function sendBytes<Bytes>(
  send: SendBytes<Bytes>,
  request: RequestBody,
  bytes: Bytes,
  options: SendOptions,
): Promise<SendOutcome> {
  const response = await send(request, bytes, options);
  if (response.status === 412 || response.status === 404) {
    await response.body?.cancel();
    return 'unsure';
  }
  const text = await readBeginning(response, REFUSAL_BYTES).catch(() => '');
  if (response.ok) return 'stored';
  const code = errorCodeIn(text);
  // The storage and the gateway say why in a code.
  if (response.status === 413 && code === undefined) throw tooLargeForProxy(request, response);
  const reason = [`status ${response.status}`, code, messageIn(text)]
    .filter((word) => word !== undefined)
    .join(', ');
  const passedOn: StowageErrorCode | undefined = PASSED_ON.find((known) => known === code);
  throw new StowageError(
    passedOn ?? 'STORAGE_REFUSED',
    `the storage refused the bytes: ${reason}`,
    {
      status: code === 'RequestTimeout' ? 408 : response.status,
      retryAfterSeconds: retryAfterOf(response.headers),
    },
  );
}

/** nginx, for one, lets through 1 MiB by default. */
function tooLargeForProxy({ url }: RequestBody, { headers, status }: Response): StowageError {
  const { origin } = new URL(url);
  const name = headers.get('server');
  const proxy = `a proxy in front of ${origin}${name === null ? '' : ` (${name.slice(0, 100)})`}`;
  return new StowageError(
    'STORAGE_REFUSED',
    `${proxy} refused the bytes: status ${status}, the body is larger than it lets through`,
    { status, origin },
  );
}

/** Codes of the gateway that callers act on. */
const PASSED_ON = ['INTEGRITY', 'OUT_OF_SPACE', 'TOO_LARGE'] as const;

/**
 * Transient errors are worth another send. So is 403, because the request may have expired and can
 * be signed again; and 409, which is S3's ConditionalRequestConflict, and which the gateway answers
 * while an earlier connection still sends the same part. A host name that does not exist is not: the
 * service that named it has just answered, so a setting of it is wrong.
 */
export function isWorthAnotherSend(error: unknown): boolean {
  if (isTransient(error)) return !isUnknownHost(error);
  return isStowageError(error, 'STORAGE_REFUSED') && (error.status === 403 || error.status === 409);
}

/** Node's code; where DNS itself fails, it is EAI_AGAIN. A browser does not say why. */
function isUnknownHost({ cause }: StowageError): boolean {
  const reasons = cause instanceof Error ? [cause, cause.cause] : [];
  return reasons.some(
    (reason) => reason instanceof Error && 'code' in reason && reason.code === 'ENOTFOUND',
  );
}

/** S3 and stores that speak S3 answer in XML, the gateway in problem details. */
function errorCodeIn(text: string): string | undefined {
  return (/<Code>([^<]{1,100})<\/Code>/.exec(text) ?? /"code":\s*"([^"]{1,100})"/.exec(text))?.[1];
}

function messageIn(text: string): string | undefined {
  return (/<Message>([^<]{1,500})<\/Message>/.exec(text) ??
    /"detail":\s*"([^"]{1,500})"/.exec(text))?.[1];
}
