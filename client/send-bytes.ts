/** Sends bytes with one signed request, as it stands, and tells what the storage made of it. */
import type { RequestBody } from '../api/schemas/answers.ts';
import { readBeginning } from './bounded-body.ts';
import { isTransient } from './retry.ts';
import { retryAfterOf } from './retry-after.ts';
import { isStowageError, StowageError, type StowageErrorCode } from './stowage-error.ts';
import type { Transport } from './transport.ts';

/** Bytes with a known length: a signed request binds it, and `fetch` sends streams without one. A Blob streams all the same. */
export type UploadBytes = Blob | Uint8Array<ArrayBuffer>;

/** All that the upload engine asks of a slice: its length in bytes. Who sends it knows how to read it. */
export type Slice = { readonly size: number } | Uint8Array<ArrayBuffer>;

/** Length of a slice in bytes. */
export function sizeOf(slice: Slice): number {
  return slice instanceof Uint8Array ? slice.length : slice.size;
}

export interface SendOptions {
  readonly signal: AbortSignal | undefined;
  /** Bytes on their way so far. A sender that can't tell never calls it. */
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

/** The sender for every platform: counts nothing, since `fetch` does not tell. */
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

/** What a storage says of a refusal is short. */
const REFUSAL_BYTES = 64 * 1024;

/** `stored`, or `unsure`: something is there already (412), or the upload is over (404). Only completing tells what. */
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

/** Codes of our own storage gateway that callers act on. */
const PASSED_ON = ['INTEGRITY', 'OUT_OF_SPACE', 'TOO_LARGE'] as const;

/**
 * Beside what is transient: 403, where the request may have expired and is to be signed anew, and 409, S3's ConditionalRequestConflict
 * and our gateway's word for a part that an earlier connection still holds.
 */
export function isWorthAnotherSend(error: unknown): boolean {
  if (isTransient(error)) return true;
  return isStowageError(error, 'STORAGE_REFUSED') && (error.status === 403 || error.status === 409);
}

/** S3 and its kin answer in XML, our gateway in problem details. */
function errorCodeIn(text: string): string | undefined {
  return (/<Code>([^<]{1,100})<\/Code>/.exec(text) ?? /"code":\s*"([^"]{1,100})"/.exec(text))?.[1];
}

function messageIn(text: string): string | undefined {
  return (/<Message>([^<]{1,500})<\/Message>/.exec(text) ??
    /"detail":\s*"([^"]{1,500})"/.exec(text))?.[1];
}
