/**
 * Sends the bytes of a package from a store on another machine, with back-pressure, ranges and
 * conditional requests (RFC 9110).
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../../core/errors.ts';
import type { BlobBody, BlobStore, ByteRange } from '../../core/ports/blob-store.ts';
import { isKnown } from '../../service/answers/conditional.ts';
import type { BlobAnswer, HandlerResult } from '../../service/host/handler.ts';
import { errnoOf } from '../../storage/file-system.ts';
import { rangeOf, withoutWeakTags } from '../messages/conditions.ts';
import type { Refusal } from '../messages/gateway-refusal.ts';
import { giveBackSent } from '../messages/send-file.ts';

const CLIENT_GONE = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
  'ERR_STREAM_DESTROYED',
]);

/**
 * Sends the bytes with the headers of the result.
 * @returns a refusal if there is nothing to send; the headers of the result are not set then
 * @throws NOT_FOUND, CONFLICT when the store does not hold the published bytes; the error that
 *   interrupted the bytes
 */
export async function streamBlob(
  request: IncomingMessage,
  response: ServerResponse,
  store: Pick<BlobStore, 'get'>,
  { key, version, size }: BlobAnswer,
  headers: NonNullable<HandlerResult['headers']>,
): Promise<Refusal | undefined> {
  const { etag } = version;
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  if (ifMatch !== undefined && !isKnown(withoutWeakTags(ifMatch), etag)) {
    return {
      error: new ServiceError('CONFLICT', 'the file is not the one that was asked for'),
      status: 412,
    };
  }
  const validated = { ...headers, etag };
  if (isKnown(ifNoneMatch, etag)) {
    const { 'content-type': _, ...kept } = validated as Readonly<Record<string, string>>;
    response.writeHead(304, kept).end();
    return undefined;
  }
  const range = rangeOf(request.headers, etag, size);
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`);
    return {
      error: new ServiceError('INVALID_INPUT', 'the range is outside the file'),
      status: 416,
    };
  }
  const body =
    request.method === 'HEAD' ? undefined : await store.get(key, withRange(version, range));
  response.writeHead(range === undefined ? 200 : 206, {
    ...validated,
    ...lengthHeaders(range, size),
  });
  if (body === undefined) response.end();
  else await pour(body, response);
  return undefined;
}

function withRange(version: BlobAnswer['version'], range: ByteRange | undefined) {
  return range === undefined ? { version } : { version, range };
}

function lengthHeaders(range: ByteRange | undefined, size: number): Record<string, string> {
  if (range === undefined) return { 'content-length': String(size) };
  const { start, end } = range;
  return {
    'content-length': String(end - start + 1),
    'content-range': `bytes ${start}-${end}/${size}`,
  };
}

async function pour(body: BlobBody, response: ServerResponse): Promise<void> {
  if (body.giveBack !== undefined) giveBackSent(response, body.giveBack);
  try {
    await pipeline(body, response);
  } catch (error) {
    if (!isClientGone(error)) throw error;
  }
}

/** Whether the client left, which is no error of the store. */
function isClientGone(error: unknown): boolean {
  return CLIENT_GONE.has(errnoOf(error) ?? '');
}
