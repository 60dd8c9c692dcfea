/** Sends a file with back-pressure: ranges, conditions and dates (RFC 9110) are the work of the `send` package, the headers are the caller's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import send from 'send';
import { ServiceError } from '../../core/errors.ts';
import { freeMemory } from '../../storage/free-memory.ts';
import { withoutWeakTags } from '../http/weak-tags.ts';
import { type Refusal, refusalOf } from './gateway-refusal.ts';
import { giveBackSent } from './give-back-sent.ts';

/** `highWaterMark` is passed on to the stream that reads the file. */
const OPTIONS = { index: false, cacheControl: false, dotfiles: 'allow', highWaterMark: 256 * 1024 } as const;

/**
 * Takes the headers that have been set on the response, the ETag among them, for those of the file.
 * Settles when the answer is given or the client has gone; with a refusal where there is none to give.
 */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { path, size }: { readonly path: string; readonly size: number },
): Promise<Refusal | undefined> {
  // A client that has left is not told so again.
  if (response.destroyed) return Promise.resolve(undefined);
  takeWholeForLongSuffix(request, size);
  dropWeakTags(request);
  return new Promise((resolve) => {
    response.once('close', () => resolve(undefined));
    response.once('finish', () => resolve(undefined));
    // It reads the file into a new buffer each time.
    giveBackSent(response, freeMemory);
    send(request, `/${encodeURIComponent(basename(path))}`, { root: dirname(path), ...OPTIONS })
      .on('error', (error: SendError) => resolve(refusalOfSend(error)))
      .pipe(response);
  });
}

/** A suffix longer than the file means the whole file (RFC 9110 section 14.1.2); `send` 1.2.1 calls it unsatisfiable. */
function takeWholeForLongSuffix({ headers }: IncomingMessage, size: number): void {
  const [, suffix] = /^bytes=-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (suffix !== undefined && size > 0 && Number(suffix) > size) headers.range = 'bytes=0-';
}

/** `If-Match` and `If-Range` compare strongly (RFC 9110 sections 13.1.1 and 13.1.5): a weak tag matches nothing; `send` 1.2.1 lets it. */
function dropWeakTags({ headers }: IncomingMessage): void {
  if (String(headers['if-range']).startsWith('W/')) delete headers.range;
  headers['if-match'] &&= withoutWeakTags(headers['if-match']);
}

type SendError = Error & { readonly status?: number };

/** `send` speaks in statuses (its README, section "Error handling"). */
function refusalOfSend(error: SendError): Refusal {
  const { status } = error;
  if (status === 416) return { error: new ServiceError('INVALID_INPUT', 'the range lies outside the file'), status };
  if (status === 412) {
    return { error: new ServiceError('CONFLICT', 'the file is not the one that was asked for'), status };
  }
  if (status === 404) return { error: new ServiceError('NOT_FOUND', 'nothing is stored there any more'), status };
  return refusalOf(error);
}
