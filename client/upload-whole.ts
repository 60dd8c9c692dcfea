/** Sends an upload that is a single request, again until it is there. */
import type { RequestBody } from '../api/schemas/answers.ts';
import { retried } from './retry.ts';
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
  /** A new request for one that the storage refused; undefined where nothing is to be sent any more. */
  readonly renew: () => Promise<RequestBody | undefined>;
  readonly send: SendBytes<Bytes>;
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
}

/**
 * @returns the error of a connection that was lost each time: the bytes may be there all the same, and completing tells
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
    await retried(attempt, {
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
