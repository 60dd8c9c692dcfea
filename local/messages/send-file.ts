/** Sends a file with back-pressure: ranges, conditions and dates (RFC 9110) are the work of the `send` package, the headers are the caller's. */
import type { Stats } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import send from 'send';
import { ServiceError } from '../../core/errors.ts';
import { NO_LINKS } from '../../storage/disk/tree/file-system.ts';
import { freeMemory } from '../../storage/free-memory.ts';
import { type Refusal, refusalOf } from './gateway-refusal.ts';
import { giveBackSent } from './give-back-sent.ts';
import { rangeOf } from './range-of.ts';
import { withoutWeakTags } from './weak-tags.ts';

/** `highWaterMark` and `flags` are passed on to the stream that reads the file: a link that came in its place since it was looked up is not followed. */
const OPTIONS = {
  index: false,
  cacheControl: false,
  dotfiles: 'allow',
  highWaterMark: 256 * 1024,
  flags: NO_LINKS.read,
} as const;

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
  const { headers } = request;
  settleRange(headers, String(response.getHeader('etag')), size);
  headers['if-match'] &&= withoutWeakTags(headers['if-match']);
  return new Promise((resolve) => {
    response.once('close', () => resolve(undefined));
    response.once('finish', () => resolve(undefined));
    // It reads the file into a new buffer each time.
    giveBackSent(response, freeMemory);
    send(request, `/${encodeURIComponent(basename(path))}`, { root: dirname(path), ...OPTIONS })
      .on('headers', (_response: ServerResponse, _path: string, { mtime }: Stats) =>
        settleDate(headers, mtime),
      )
      .on('error', (error: SendError) => resolve(refusalOfSend(error)))
      .pipe(response);
  });
}

/** `send` 1.2.1 takes invalid ranges for unsatisfiable, long suffixes too, and tags that only hold the ETag for equal to it. */
function settleRange(headers: IncomingHttpHeaders, etag: string, size: number): void {
  const { range, 'if-range': ifRange } = headers;
  if (range === undefined) return;
  const isDate = ifRange !== undefined && !ifRange.includes('"');
  // A date is compared when the file has been looked at.
  const wanted = rangeOf(isDate ? { range } : headers, etag, size);
  if (wanted === undefined) delete headers.range;
  else if (wanted !== 'unsatisfiable') headers.range = `bytes=${wanted.start}-${wanted.end}`;
  if (!isDate) delete headers['if-range'];
}

/** A date in `If-Range` must be that of the file (RFC 9110 section 13.1.5); `send` 1.2.1 takes later ones, too. */
function settleDate(headers: IncomingHttpHeaders, modified: Date): void {
  const { 'if-range': ifRange } = headers;
  if (ifRange !== undefined && ifRange !== modified.toUTCString()) headers['if-range'] = '"other"';
}

type SendError = Error & { readonly status?: number };

/** `send` speaks in statuses (its README, section "Error handling"). */
function refusalOfSend(error: SendError): Refusal {
  const { status } = error;
  if (status === 416)
    return { error: new ServiceError('INVALID_INPUT', 'the range lies outside the file'), status };
  if (status === 412) {
    return {
      error: new ServiceError('CONFLICT', 'the file is not the one that was asked for'),
      status,
    };
  }
  if (status === 404)
    return { error: new ServiceError('NOT_FOUND', 'nothing is stored there any more'), status };
  return refusalOf(error);
}
