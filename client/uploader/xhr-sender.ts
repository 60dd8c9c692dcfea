/** Sends bytes by XMLHttpRequest, which reports how many are sent; `fetch` does not. */
import { fetchSender, type SendBytes } from '../send-bytes.ts';
import { StowageError } from '../stowage-error.ts';
import type { Transport } from '../transport.ts';

/** The part of a browser's `XMLHttpRequest` that is used here. */
export interface Xhr {
  readonly upload: { onprogress: ((event: { readonly loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  readonly status: number;
  readonly responseText: string;
  readonly responseURL: string;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Blob | Uint8Array<ArrayBuffer>): void;
  abort(): void;
}

/** The sender with progress where there is XMLHttpRequest, else the one by `fetch`. */
export function browserSender(transport: Transport): SendBytes {
  const { XMLHttpRequest } = globalThis as unknown as { readonly XMLHttpRequest?: new () => Xhr };
  return XMLHttpRequest === undefined
    ? fetchSender(transport)
    : xhrSender(transport, () => new XMLHttpRequest());
}

export function xhrSender(transport: Transport, newXhr: () => Xhr): SendBytes {
  return async (request, bytes, { signal, onSent }) => {
    signal?.throwIfAborted();
    const xhr = newXhr();
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const lost = () => reject(new TypeError('the connection was lost'));
    const abort = () => xhr.abort();
    xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
    xhr.onload = () => resolve(responseOf(xhr));
    xhr.onerror = lost;
    xhr.onabort = lost;
    signal?.addEventListener('abort', abort, { once: true });
    try {
      xhr.open(request.method, request.url);
      for (const [name, value] of Object.entries(request.headers))
        xhr.setRequestHeader(name, value);
      xhr.send(bytes);
      const response = await promise;
      requireSameAddress(xhr, request.url);
      return response;
    } catch (error) {
      if (error instanceof StowageError) throw error;
      throw await transport.failure(error, request.url, signal);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  };
}

/** XMLHttpRequest follows redirects; a signed request is for one address. */
function requireSameAddress({ responseURL }: Xhr, url: string): void {
  if (responseURL === '' || new URL(responseURL).origin === new URL(url).origin) return;
  throw new StowageError(
    'UNSAFE_REQUEST',
    `the storage sent the bytes on to ${new URL(responseURL).origin}`,
  );
}

/** Statuses whose answers may have no body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function responseOf(xhr: Xhr): Response {
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().trim().split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const body = WITHOUT_BODY.has(xhr.status) ? null : xhr.responseText;
  return new Response(body, { status: xhr.status, headers });
}
