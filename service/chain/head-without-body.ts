/** A HEAD is answered like its GET, less the body, whose length is told (RFC 9110 section 9.3.2). */
import type { ChainRequest, Middleware } from './middleware.ts';

export const headWithoutBody: Middleware = { after: takeBodyAway, onError: takeBodyAway };

function takeBodyAway(request: ChainRequest): void {
  const { event: call, response } = request;
  if (call.method !== 'HEAD' || response?.body === undefined) return;
  const { body, ...rest } = response;
  request.response = {
    ...rest,
    headers: { ...rest.headers, 'content-length': String(Buffer.byteLength(body)) },
  };
}
