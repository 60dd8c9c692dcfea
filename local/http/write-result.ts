/** Writes a handler's result (payload format 2.0) to a response, within the limits of Lambda. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HandlerResult } from '../../service/host/handler.ts';
import { drain } from '../messages/drain.ts';
import { hasBody } from '../messages/request-body.ts';
import { endTogether } from './end-together.ts';

/**
 * The largest result that Lambda accepts, as JSON.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_RESULT_BYTES = 6_291_556;
/** JSON writes a character with 6 bytes at most, so a shorter body cannot be too large. */
const SURELY_SMALL = MAX_RESULT_BYTES / 8;

/** Whether Lambda would refuse the result. */
export function isTooLarge({ blob: _, ...result }: HandlerResult): boolean {
  return (
    result.body !== undefined &&
    result.body.length > SURELY_SMALL &&
    Buffer.byteLength(JSON.stringify(result)) > MAX_RESULT_BYTES
  );
}

/**
 * Settles when the system has taken the answer and the request's body has ended or was given up.
 * @param heldBack whether the client waits for 100 before it sends its body
 */
export async function writeResult(
  request: IncomingMessage,
  response: ServerResponse,
  result: HandlerResult,
  heldBack = false,
): Promise<void> {
  const { statusCode = 200, cookies, body, isBase64Encoded } = result;
  const bytes =
    body === undefined
      ? undefined
      : Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
  const headers: OutgoingHttpHeaders = { ...(result.headers as OutgoingHttpHeaders | undefined) };
  const challenges = result.headers?.['www-authenticate'];
  // A line each (RFC 9110 section 11.6.1): some clients look at the first challenge of a line alone.
  if (typeof challenges === 'string')
    headers['www-authenticate'] = challenges.split(/, (?=Basic )/);
  if (cookies !== undefined) headers['set-cookie'] = cookies;
  if (mayHaveLength(statusCode)) headers['content-length'] ??= bytes?.length ?? 0;
  const sent = request.method === 'HEAD' ? undefined : bytes;
  const unread = hasBody(request) && !request.complete;
  if (unread) headers['connection'] = 'close';
  response.writeHead(statusCode, headers);
  if (!unread || heldBack) return endTogether(response, sent);
  // By its length the answer is complete; the connection stays open until the client stops sending.
  if (sent !== undefined && sent.length > 0) response.write(sent);
  else response.flushHeaders();
  await drain(request);
  response.end();
}

/** RFC 9110 section 8.6: no content-length with 1xx and 204, and none needed with 304. */
function mayHaveLength(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
