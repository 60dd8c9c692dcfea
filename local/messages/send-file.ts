/**
 * Sends a file with back-pressure. The `send` package handles ranges, conditions and dates
 * (RFC 9110); the caller sets the other headers.
 */
import type { Stats } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import send from 'send';
import { ServiceError } from '../../core/errors.ts';
import { freeMemory } from '../../storage/buffers.ts';
import { NO_LINKS } from '../../storage/disk/tree/file-system.ts';
import { rangeOf, withoutWeakTags } from './conditions.ts';
import { type Refusal, refusalOf } from './gateway-refusal.ts';

/**
 * `send` passes `highWaterMark` and `flags` to the stream that reads the file. The flags refuse a
 * symbolic link that has replaced the file.
 */
const OPTIONS = {
  index: false,
  cacheControl: false,
  dotfiles: 'allow',
  highWaterMark: 256 * 1024,
  flags: NO_LINKS.read,
} as const;

/**
 * Sends the file with the headers (and the ETag) that are set on the response. Settles when it is
 * sent or the client has gone.
 * @returns a refusal if the file cannot be sent
 */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { path, size }: { readonly path: string; readonly size: number },
): Promise<Refusal | undefined> {
  // A client that has left gets no answer.
  if (response.destroyed) return Promise.resolve(undefined);
  const { headers } = request;
  settleRange(headers, String(response.getHeader('etag')), size);
  headers['if-match'] &&= withoutWeakTags(headers['if-match']);
  return new Promise((resolve) => {
    response.once('close', () => resolve(undefined));
    response.once('finish', () => resolve(undefined));
    // `send` reads into a new buffer each time.
    giveBackSent(response, freeMemory);
    send(request, `/${encodeURIComponent(basename(path))}`, { root: dirname(path), ...OPTIONS })
      .on('headers', (_response: ServerResponse, _path: string, { mtime }: Stats) =>
        settleDate(headers, mtime),
      )
      .on('error', (error: SendError) => resolve(refusalOfSend(error)))
      .pipe(response);
  });
}

/**
 * Corrects `send` 1.2.1, which takes invalid ranges and long suffixes for unsatisfiable, and tags
 * that only contain the ETag for equal to it.
 */
function settleRange(headers: IncomingHttpHeaders, etag: string, size: number): void {
  const { range, 'if-range': ifRange } = headers;
  if (range === undefined) return;
  const isDate = ifRange !== undefined && !ifRange.includes('"');
  // A date is compared later, when the file's own date is known.
  const wanted = rangeOf(isDate ? { range } : headers, etag, size);
  if (wanted === undefined) delete headers.range;
  else if (wanted !== 'unsatisfiable') headers.range = `bytes=${wanted.start}-${wanted.end}`;
  if (!isDate) delete headers['if-range'];
}

/**
 * Dates count only where they are the file's own; `send` also takes later ones. For `If-Range` that
 * is the rule (RFC 9110 section 13.1.5). With `If-Modified-Since`, a client of a channel that moved
 * to a file with an earlier date would keep what it has.
 */
function settleDate(headers: IncomingHttpHeaders, modified: Date): void {
  const { 'if-range': ifRange, 'if-modified-since': since } = headers;
  if (since !== modified.toUTCString()) delete headers['if-modified-since'];
  if (ifRange !== undefined && ifRange !== modified.toUTCString()) headers['if-range'] = '"other"';
}

type SendError = Error & { readonly status?: number };

/** Turns a status of `send` into a refusal (its README, section "Error handling"). */
function refusalOfSend(error: SendError): Refusal {
  const { status } = error;
  if (status === 416)
    return { error: new ServiceError('INVALID_INPUT', 'the range is outside the file'), status };
  if (status === 412) {
    return {
      error: new ServiceError('CONFLICT', 'the file is not the one that was asked for'),
      status,
    };
  }
  if (status === 404) return { error: new ServiceError('NOT_FOUND', 'the file is gone'), status };
  return refusalOf(error);
}

/**
 * Returns the buffers of a body as soon as the connection has taken them. For piped bodies: no one
 * else may use a piece after it was written to the response.
 */
export function giveBackSent(
  response: ServerResponse,
  giveBack: (piece: Uint8Array) => void,
): void {
  const write = response.write.bind(response) as (piece: Uint8Array, taken: () => void) => boolean;
  response.write = (piece: Uint8Array) => write(piece, () => giveBack(piece));
}
