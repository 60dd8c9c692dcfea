/** Sends the file of a signed download, with the headers that were signed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { DownloadTerms } from '../../core/ports/blob-store.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import type { Refusal } from './gateway-refusal.ts';
import { sendFile } from './send-file.ts';

/** Settles when the answer is given (or the client has gone); with a refusal where there is none to give. @throws NOT_FOUND */
export async function sendDownload(
  request: IncomingMessage,
  response: ServerResponse,
  store: DiskStore,
  key: PackageKey,
  terms: DownloadTerms,
): Promise<Refusal | undefined> {
  const file = await store.fileFor(key);
  if (file === undefined) throw new ServiceError('NOT_FOUND', `nothing is stored under ${key}`);
  response.setHeader('etag', file.etag);
  response.setHeader('content-type', terms.contentType);
  response.setHeader('content-disposition', terms.contentDisposition);
  // A signed URL is a secret: no cache keeps what it gave.
  response.setHeader('cache-control', 'private, no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('content-security-policy', 'sandbox');
  return sendFile(request, response, file);
}
