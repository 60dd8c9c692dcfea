/** Gives a handler's result (payload format 2.0) to the client of a node:http request, within the limits that Lambda has. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HandlerResult } from '../../service/host/handler.ts';
import { drain } from '../messages/drain.ts';
import { hasBody } from '../messages/request-body.ts';

/** What Lambda takes from a function, as JSON. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_RESULT_BYTES = 6_291_556;
/** JSON writes a character with 6 bytes at most, so that a shorter body can't be too large. */
const SURELY_SMALL = MAX_RESULT_BYTES / 8;

/** Whether Lambda would fail in the place of passing the result on. */
export function isTooLarge({ blob: _, ...result }: HandlerResult): boolean {
  return (
    result.body !== undefined &&
    result.body.length > SURELY_SMALL &&
    Buffer.byteLength(JSON.stringify(result)) > MAX_RESULT_BYTES
  );
}

/**
 * Settles when the answer is with the system; where a body is still coming, when that has ended or is given up.
 * @param heldBack whether the client keeps its body back until it is asked for
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
  if (cookies !== undefined) headers['set-cookie'] = cookies;
  if (mayHaveLength(statusCode)) headers['content-length'] ??= bytes?.length ?? 0;
  const sent = request.method === 'HEAD' ? undefined : bytes;
  const unread = hasBody(request) && !request.complete;
  if (unread) headers['connection'] = 'close';
  response.writeHead(statusCode, headers);
  if (!unread || heldBack) {
    response.end(sent);
    return;
  }
  // Whole for the client, by its length; the connection stays open until the client has stopped sending.
  if (sent !== undefined && sent.length > 0) response.write(sent);
  else response.flushHeaders();
  await drain(request);
  response.end();
}

/** RFC 9110 section 8.6: none with 1xx and 204; with 304 it would be the length of what is not sent. */
function mayHaveLength(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
