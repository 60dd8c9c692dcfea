/**
 * Opens the bytes of a file by its link, or a range of them, without sending the token to a
 * storage.
 */
import type { LinkBody } from '../api/schemas/answers.ts';
import { requireAllowedAddress } from './allowed-requests.ts';
import { channelFilePath, filePath } from './paths.ts';
import { retryAfterOf } from './retry.ts';
import type { StowageClient } from './stowage-client.ts';
import { StowageError } from './stowage-error.ts';

export interface DownloadRange {
  /** First byte. */
  readonly start: number;
  /** `ETag` of an earlier answer. If the bytes have changed since, the whole file is sent. */
  readonly etag: string;
}

/** Which stable link leads to a file. */
export type DownloadPlace =
  | { readonly versionId: string; readonly channel?: undefined }
  | { readonly channel: string };

export type DownloadRequest = DownloadPlace & {
  /** Its filename or its alias. */
  readonly file: string;
  readonly link: LinkBody;
  readonly range?: DownloadRange | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * @returns 200 with the whole file, or 206 with the requested range
 * @throws StowageError STORAGE_REFUSED with the status, UNSAFE_REQUEST, UNREACHABLE
 */
export async function openDownload(
  client: StowageClient,
  request: DownloadRequest,
): Promise<Response> {
  const { link, range, signal } = request;
  // The stored bytes are the ones that were hashed, so they must not be compressed in transit.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (range !== undefined) {
    headers['range'] = `bytes=${range.start}-`;
    headers['if-range'] = range.etag;
  }
  const path =
    request.channel === undefined
      ? filePath(request.versionId, request.file)
      : channelFilePath(request.channel, request.file);
  const init = { headers, ...(signal === undefined ? {} : { signal }) };
  const response = isStable(link.url, path)
    ? await client.transport.authorized(path, init)
    : await openAddress(client, link.url, init);
  if (response.status === 200 || response.status === 206) return response;
  await response.body?.cancel();
  throw new StowageError(
    'STORAGE_REFUSED',
    `the storage refused to send ${request.file}: status ${response.status}`,
    {
      status: response.status,
      retryAfterSeconds: retryAfterOf(response.headers),
    },
  );
}

/** Stores redirect at most once: to another region, or from a gateway to a node. */
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects one by one. Each must obey the same rule as the link itself.
 * @throws StowageError UNSAFE_REQUEST
 */
async function openAddress(
  client: StowageClient,
  url: string,
  init: RequestInit,
): Promise<Response> {
  let address = requireAllowedAddress(url, client.url);
  for (let step = 0; ; step++) {
    const asked = step === 0 ? url : address.href;
    const response = await client.transport.raw(asked, { ...init, redirect: 'manual' });
    // A browser hides where a redirect leads, and follows it by its own rules.
    if (response.type === 'opaqueredirect') return client.transport.raw(asked, init);
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    if (step === MAX_REDIRECTS) {
      throw new StowageError(
        'UNSAFE_REQUEST',
        `${address.origin} redirects ${MAX_REDIRECTS} times without an end`,
      );
    }
    const next = requireAllowedAddress(
      URL.parse(location, address.href)?.href ?? location,
      client.url,
    );
    if (address.protocol === 'https:') requireAllowedAddress(next.href, address.origin);
    address = next;
  }
}

/**
 * Whether the service sends the bytes itself (PRESIGNED_URLS=false): a link that is not signed has
 * no query.
 */
function isStable(url: string, path: string): boolean {
  const address = URL.parse(url);
  return address?.search === '' && address.pathname.endsWith(path);
}
