/** CORS for the API, as an API Gateway HTTP API does it: one fixed answer to every preflight. https://fetch.spec.whatwg.org/#http-cors-protocol */
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

/** What every answer to this request bears. @param origins as configured: exact origins, or `*` for any; empty: no CORS at all */
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

/** A browser that asks before it sends; with no origins configured an OPTIONS is a method like others. */
export function isPreflight(request: IncomingMessage, origins: readonly string[]): boolean {
  const { method, headers } = request;
  return (
    method === 'OPTIONS' &&
    origins.length > 0 &&
    headers['access-control-request-method'] !== undefined
  );
}

/** What the 204 that answers a preflight bears besides; an origin that is not allowed learns nothing. */
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
