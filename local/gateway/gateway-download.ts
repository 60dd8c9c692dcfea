/** Sends the file of a signed download with the signed headers, if it is the published one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PackageKey } from '../../core/names.ts';
import type { DownloadTerms } from '../../core/ports/blob-store.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import { publishedFile } from '../http/published-file.ts';
import type { Refusal } from '../messages/gateway-refusal.ts';
import { sendFile } from '../messages/send-file.ts';

/**
 * Returns the ETag of the bytes that were published under a key, or undefined without a record.
 * @throws INTEGRITY when they are damaged
 */
export type PublishedEtag = (key: PackageKey) => Promise<string | undefined>;

/**
 * Settles when the file is sent or the client has gone.
 * @returns a refusal if the file must not be sent
 * @throws NOT_FOUND, INTEGRITY, CONFLICT when the file is not the published one
 */
export async function sendDownload(
  request: IncomingMessage,
  response: ServerResponse,
  {
    store,
    publishedEtag,
  }: { readonly store: DiskStore; readonly publishedEtag?: PublishedEtag | undefined },
  key: PackageKey,
  terms: DownloadTerms,
): Promise<Refusal | undefined> {
  // The record is newer than the URL: the right bytes may have been stored again since.
  const etag = (await publishedEtag?.(key)) ?? terms.etag;
  const file = await publishedFile(store, key, etag);
  response.setHeader('etag', file.etag);
  response.setHeader('content-type', terms.contentType);
  response.setHeader('content-disposition', terms.contentDisposition);
  // A signed URL is a secret, so no cache may keep its answer.
  response.setHeader('cache-control', 'private, no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('content-security-policy', 'sandbox');
  return sendFile(request, response, file);
}
