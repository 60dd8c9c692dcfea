/** Sends the bytes of a package when the service does so itself (PRESIGNED_URLS=false). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlobAnswer, HandlerResult } from '../../service/host/handler.ts';
import type { Refusal } from '../messages/gateway-refusal.ts';
import { sendFile } from '../messages/send-file.ts';
import { type FileStore, publishedFile } from './published-file.ts';

/**
 * Sends the bytes with the headers of the result.
 * @returns a refusal if there is nothing to send; the headers of the result are not set then
 * @throws NOT_FOUND, CONFLICT when the store does not hold the published bytes; the error that
 *   interrupted the bytes
 */
export async function sendBlob(
  request: IncomingMessage,
  response: ServerResponse,
  store: FileStore,
  blob: BlobAnswer,
  headers: NonNullable<HandlerResult['headers']>,
): Promise<Refusal | undefined> {
  const file = await publishedFile(store, blob.key, blob.version.etag);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  response.setHeader('etag', blob.version.etag);
  const refusal = await sendFile(request, response, file);
  if (refusal === undefined) return undefined;
  if (response.headersSent) throw refusal.error;
  for (const name of ['etag', 'last-modified', 'accept-ranges', ...Object.keys(headers)])
    response.removeHeader(name);
  return refusal;
}
