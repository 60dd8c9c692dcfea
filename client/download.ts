/** Opens the bytes of a file by its link, with a range where asked, and without ever handing the token to a storage. */
import type { LinkBody } from '../api/schemas/answers.ts';
import { filePath } from './paths.ts';
import { retryAfterOf } from './retry-after.ts';
import type { StowageClient } from './stowage-client.ts';
import { StowageError } from './stowage-error.ts';

export interface DownloadRange {
  /** First byte. */
  readonly start: number;
  /** The bytes must still be these, else the whole file comes: `ETag` of an earlier answer. */
  readonly etag: string;
}

export interface DownloadRequest {
  readonly versionId: string;
  /** `{packageId}.{ext}` */
  readonly file: string;
  readonly link: LinkBody;
  readonly range?: DownloadRange | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @returns 200 with the whole file, or 206 with what was asked for
 * @throws StowageError STORAGE_REFUSED with the status, UNREACHABLE
 */
export async function openDownload(client: StowageClient, request: DownloadRequest): Promise<Response> {
  const { link, range, signal } = request;
  // What is stored is what was hashed: nothing may be packed on the way.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (range !== undefined) {
    headers['range'] = `bytes=${range.start}-`;
    headers['if-range'] = range.etag;
  }
  const path = filePath(request.versionId, request.file);
  const init = { headers, ...(signal === undefined ? {} : { signal }) };
  const response = isStable(link.url, path)
    ? await client.transport.authorized(path, init)
    : await client.transport.raw(link.url, init);
  if (response.status === 200 || response.status === 206) return response;
  await response.body?.cancel();
  throw new StowageError('STORAGE_REFUSED', `the storage refused to send ${request.file}: status ${response.status}`, {
    status: response.status,
    retryAfterSeconds: retryAfterOf(response.headers),
  });
}

/** Whether the service sends the bytes itself (PRESIGNED_URLS=false): a link that is not signed has no query. */
function isStable(url: string, path: string): boolean {
  const { pathname, search } = new URL(url);
  return search === '' && pathname.endsWith(path);
}
