/** Header names are looked up in lower case everywhere; hosts send them so, test clients and proxies may not. */
import type { Headers } from './call.ts';
import type { Middleware } from './middleware.ts';

export const normaliseHeaders: Middleware = {
  before: ({ event: call }) => {
    call.headers = inLowerCase(call.headers ?? {});
  },
};

function inLowerCase(headers: Headers): Headers {
  for (const name in headers) {
    if (name !== name.toLowerCase()) {
      return Object.fromEntries(
        Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]),
      );
    }
  }
  return headers;
}
