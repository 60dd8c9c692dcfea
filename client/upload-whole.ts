/** Sends an upload that is a single request, and repeats it until the bytes are stored. */
import type { RequestBody } from '../api/schemas/answers.ts';
import { retry } from './retry.ts';
import {
  isWorthAnotherSend,
  type SendBytes,
  type SendOutcome,
  type Slice,
  sendBytes,
} from './send-bytes.ts';
import type { StowageClient } from './stowage-client.ts';
import { isStowageError, type StowageError } from './stowage-error.ts';
import { sliceOf, type UploadSource } from './upload-source.ts';

export interface WholeJob<Bytes extends Slice> {
  readonly client: StowageClient;
  readonly source: UploadSource<Bytes>;
  readonly request: RequestBody;
  /** Gets a new request after the storage refused one; undefined if nothing is left to send. */
  readonly renew: () => Promise<RequestBody | undefined>;
  readonly send: SendBytes<Bytes>;
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
}

/**
 * @returns the error if the connection was lost in every try. The bytes may be stored nevertheless:
 *   completing the upload shows it
 * @throws StowageError
 */
export async function sendWhole<Bytes extends Slice>(
  job: WholeJob<Bytes>,
): Promise<StowageError | undefined> {
  const { client, source, signal, onBytes } = job;
  let request: RequestBody | undefined = job.request;
  const attempt = async (): Promise<SendOutcome> => {
    request ??= await job.renew();
    if (request === undefined) return 'unsure';
    const bytes = await sliceOf(source, 0, source.size);
    try {
      return await sendBytes(job.send, request, bytes, { signal, onSent: onBytes });
    } catch (error) {
      if (isStowageError(error) && error.status === 403) request = undefined;
      throw error;
    }
  };
  onBytes(0);
  try {
    await retry(attempt, {
      policy: client.transport.retry,
      signal,
      shouldRetry: isWorthAnotherSend,
    });
  } catch (error) {
    if (isStowageError(error, 'UNREACHABLE')) return error;
    throw error;
  }
  onBytes(source.size);
  return undefined;
}
