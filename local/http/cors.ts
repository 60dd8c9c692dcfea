/**
 * CORS for the API, as an API Gateway HTTP API does it: every preflight gets the same answer.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import type { IncomingMessage } from 'node:http';

const METHODS = 'GET, HEAD, POST, PUT, DELETE';
const REQUEST_HEADERS = 'accept, authorization, content-type, if-none-match, if-range, range';
const EXPOSED_HEADERS =
  'accept-ranges, allow, content-disposition, content-range, etag, location, repr-digest, retry-after, www-authenticate, x-checksum-sha256, x-request-id';
const PREFLIGHT_SECONDS = 600;

export type CorsHeaders = Readonly<Record<string, string>>;

const NONE: CorsHeaders = {};
const ANY: CorsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED_HEADERS,
};
const OTHER_ORIGIN: CorsHeaders = { vary: 'Origin' };

/**
 * The headers of every answer to this request.
 * @param origins the configured origins, or `*` for any; empty: no CORS
 */
export function corsHeaders(request: IncomingMessage, origins: readonly string[]): CorsHeaders {
  if (origins.length === 0) return NONE;
  if (origins.includes('*')) return ANY;
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return OTHER_ORIGIN;
  return {
    ...OTHER_ORIGIN,
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
  };
}

/** Without configured origins, OPTIONS is a method like any other. */
export function isPreflight(request: IncomingMessage, origins: readonly string[]): boolean {
  const { method, headers } = request;
  return (
    method === 'OPTIONS' &&
    origins.length > 0 &&
    headers['access-control-request-method'] !== undefined
  );
}

/** Further headers of the 204 that answers a preflight. Other origins get none. */
export function preflightHeaders(
  request: IncomingMessage,
  origins: readonly string[],
): CorsHeaders {
  if (corsHeaders(request, origins)['access-control-allow-origin'] === undefined) return NONE;
  return {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': REQUEST_HEADERS,
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  };
}
