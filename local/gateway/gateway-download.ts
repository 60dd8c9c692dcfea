/** Sends the file of a signed download, with the headers that were signed, where it still is the published one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PackageKey } from '../../core/names.ts';
import type { DownloadTerms } from '../../core/ports/blob-store.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import { publishedFile } from '../http/published-file.ts';
import type { Refusal } from '../messages/gateway-refusal.ts';
import { sendFile } from '../messages/send-file.ts';

/** Which bytes were published under a key, by their ETag. Undefined where no record says so. @throws INTEGRITY where they are damaged */
export type PublishedEtag = (key: PackageKey) => Promise<string | undefined>;

/**
 * Settles when the answer is given (or the client has gone); with a refusal where there is none to give.
 * @throws NOT_FOUND, INTEGRITY, CONFLICT where the file is not the published one
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
  // What the record says now wins over what the URL says: the right bytes may have been stored again since it was signed.
  const etag = (await publishedEtag?.(key)) ?? terms.etag;
  const file = await publishedFile(store, key, etag);
  response.setHeader('etag', file.etag);
  response.setHeader('content-type', terms.contentType);
  response.setHeader('content-disposition', terms.contentDisposition);
  // A signed URL is a secret: no cache keeps what it gave.
  response.setHeader('cache-control', 'private, no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('content-security-policy', 'sandbox');
  return sendFile(request, response, file);
}
