/**
 * Reads the body of an API request into memory: whole where it is small, its beginning or nothing where it is not, and nothing
 * of somebody who bears no token, so that strangers take up no memory.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseToken } from '../../core/access.ts';
import { ServiceError } from '../../core/errors.ts';
import { bearerOf } from '../../lambda/chain/authentication.ts';
import { MAX_BODY_BYTES } from '../../lambda/chain/json-body.ts';

/** How long a body that fits into memory may take to come in. */
const MAX_MS = 60_000;

/** What there is of a body: none, the whole or its beginning; or nobody who sends it any more. */
export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'client-left' };

const NONE: RequestBody = { kind: 'none' };
const CLIENT_LEFT: RequestBody = { kind: 'client-left' };

/** Whether the message has a body at all (RFC 9112 section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether the client keeps back a body that it need not send: it waits for a 100 that does not come (RFC 9110 section 10.1.1). */
export function holdsBack(request: IncomingMessage): boolean {
  return expectsContinue(request) && !isWelcome(request);
}

/**
 * Of a body with more than MAX_BODY_BYTES comes nothing where its length was declared, and that much and one byte where it was not,
 * so that it is the operation that refuses it, after it has looked at the token; the rest is left with the request.
 * @throws INVALID_INPUT where it does not come within a minute
 */
export async function readBody(request: IncomingMessage, response: ServerResponse): Promise<RequestBody> {
  if (!hasBody(request) || !isWelcome(request)) return NONE;
  if (expectsContinue(request)) response.writeContinue();
  return collect(request);
}

function expectsContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}

/** Whether anybody may look at the body: operations that take one refuse whoever bears no token before they do. */
function isWelcome({ headers }: IncomingMessage): boolean {
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) return false;
  return parseToken(bearerOf(headers.authorization) ?? '') !== undefined;
}

function collect(request: IncomingMessage): Promise<RequestBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (act: () => void) => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      act();
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) return;
      request.pause();
      settle(() => resolve({ kind: 'bytes', bytes: Buffer.concat(chunks, MAX_BODY_BYTES + 1) }));
    };
    const onEnd = () => settle(() => resolve({ kind: 'bytes', bytes: Buffer.concat(chunks, length) }));
    const onGone = () => settle(() => resolve(CLIENT_LEFT));
    const onLate = () => {
      request.pause();
      const message = `the body must arrive within ${MAX_MS / 1000} s, got ${length} bytes of it`;
      settle(() => reject(new ServiceError('INVALID_INPUT', message)));
    };
    const timer = setTimeout(onLate, MAX_MS);
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
