/**
 * Answers that clients poll: they carry an ETag of the body, and are 304 when the client already
 * has that body (RFC 9110 section 13.1.2).
 */
import { hash } from 'node:crypto';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';

/** A cache may keep the answer, but must ask each time whether it is still valid. */
const CACHE_CONTROL = 'no-cache';

/**
 * 200 with the body and its ETag, or 304.
 * @param tagged what the ETag is made of. @default the body
 */
export function unlessKnown(
  headers: Headers,
  contentType: string,
  body: string,
  tagged = body,
): HandlerResult {
  const etag = `"${hash('sha256', tagged, 'base64url')}"`;
  const validators = { etag, 'cache-control': CACHE_CONTROL, vary: 'authorization' };
  if (isKnown(headers['if-none-match'], etag)) return { statusCode: 304, headers: validators };
  return { statusCode: 200, headers: { 'content-type': contentType, ...validators }, body };
}

const ENTITY_TAG = /(?:W\/)?("[^"]*")/g;

/** Whether `If-None-Match` names the tag, by the weak comparison of RFC 9110 section 8.8.3.2. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = etag.startsWith('W/') ? etag.slice(2) : etag;
  for (const [, known] of ifNoneMatch.matchAll(ENTITY_TAG)) if (known === opaque) return true;
  return false;
}
