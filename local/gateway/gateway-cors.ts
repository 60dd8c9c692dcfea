/**
 * CORS for signed URLs: which web pages may use them
 * (https://fetch.spec.whatwg.org/#http-cors-protocol).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

export const ALLOWED_METHODS = 'GET, HEAD, PUT, OPTIONS';
const EXPOSED =
  'accept-ranges, content-disposition, content-length, content-range, etag, last-modified, x-request-id';
const PREFLIGHT_SECONDS = 600;

/** @param origins the configured origins, or `*` for any */
export function setCorsHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): boolean {
  const { origin } = request.headers;
  const any = origins.includes('*');
  if (!any) response.setHeader('vary', 'Origin');
  if (origin === undefined || !(any || origins.includes(origin))) return false;
  response.setHeader('access-control-allow-origin', any ? '*' : origin);
  response.setHeader('access-control-expose-headers', EXPOSED);
  return true;
}

/** Answers the question that a browser asks first. The URL is checked with the real request. */
export function answerPreflight(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: boolean,
): void {
  response.setHeader('allow', ALLOWED_METHODS);
  if (allowed) {
    response.setHeader('access-control-allow-methods', ALLOWED_METHODS);
    response.setHeader(
      'access-control-allow-headers',
      request.headers['access-control-request-headers'] ?? '',
    );
    response.setHeader('access-control-max-age', String(PREFLIGHT_SECONDS));
  }
  response.writeHead(204).end();
}
