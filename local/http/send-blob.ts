/** Sends the bytes of a package in the place of a body, where the service sends downloads itself (PRESIGNED_URLS=false). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import type { BlobAnswer, HandlerResult } from '../../lambda/handler.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import type { Refusal } from '../gateway/gateway-refusal.ts';
import { sendFile } from '../gateway/send-file.ts';

/** Of the stores, those that keep files on this machine. */
export type FileStore = Pick<DiskStore, 'fileFor'>;

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
  const file = await fileOf(store, blob);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  response.setHeader('etag', blob.version.etag);
  const refusal = await sendFile(request, response, file);
  if (refusal === undefined) return undefined;
  if (response.headersSent) throw refusal.error;
  for (const name of ['etag', 'last-modified', 'accept-ranges', ...Object.keys(headers)]) response.removeHeader(name);
  return refusal;
}

async function fileOf(
  store: FileStore,
  { key, version }: BlobAnswer,
): Promise<{ readonly path: string; readonly size: number }> {
  const file = await store.fileFor(key);
  if (file === undefined) throw new ServiceError('NOT_FOUND', `the bytes of ${key} are gone from the store`);
  if (file.etag === version.etag) return file;
  throw new ServiceError('CONFLICT', `the store holds other bytes under ${key} than were published`);
}
