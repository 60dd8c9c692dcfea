/** Sends the bytes of a package in the place of a body, where the service sends downloads itself (PRESIGNED_URLS=false). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlobAnswer, HandlerResult } from '../../service/host/handler.ts';
import type { Refusal } from '../messages/gateway-refusal.ts';
import { sendFile } from '../messages/send-file.ts';
import { type FileStore, publishedFile } from './published-file.ts';

/**
 * Answers with the bytes, and with the headers of the result.
 * @returns why there was nothing to send, for the caller to answer with; the response bears no header of the result then
 * @throws NOT_FOUND, CONFLICT where the store doesn't hold the published bytes (any more); what broke the bytes off in their middle
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
