/** Writes a handler's result (payload format 2.0) to a response, within the limits of Lambda. */
import type { IncomingMessage, ServerResponse } from 'node:http';
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
export function isTooLarge(result: HandlerResult): boolean {
  if (result.body === undefined || result.body.length <= SURELY_SMALL) return false;
  const { blob: _, ...sent } = result;
  return Buffer.byteLength(JSON.stringify(sent)) > MAX_RESULT_BYTES;
}

export interface WriteOptions {
  /** Headers of every answer. Their `vary` is joined with that of the result. */
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Whether the client waits for 100 before it sends its body. @default false */
  readonly heldBack?: boolean;
}

/**
 * Settles when the system has taken the answer and the request's body has ended or was given up.
 */
export async function writeResult(
  request: IncomingMessage,
  response: ServerResponse,
  result: HandlerResult,
  { extraHeaders = {}, heldBack = false }: WriteOptions = {},
): Promise<void> {
  const { statusCode = 200, body, isBase64Encoded } = result;
  const bytes =
    body === undefined
      ? undefined
      : Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
  const lines = headerLines(result, extraHeaders);
  if (mayHaveLength(statusCode) && result.headers?.['content-length'] === undefined)
    lines.push('content-length', String(bytes?.length ?? 0));
  const sent = request.method === 'HEAD' ? undefined : bytes;
  const unread = hasBody(request) && !request.complete;
  if (unread && result.headers?.['connection'] === undefined) lines.push('connection', 'close');
  response.writeHead(statusCode, lines);
  if (!unread || heldBack) return endTogether(response, sent);
  // By its length the answer is complete; the connection stays open until the client stops sending.
  if (sent !== undefined && sent.length > 0) response.write(sent);
  else response.flushHeaders();
  await drain(request);
  response.end();
}

/** Names and values in turns, which node:http takes with less work than an object. */
function headerLines(
  { headers = {}, cookies = [] }: HandlerResult,
  extra: Readonly<Record<string, string>>,
): string[] {
  const lines: string[] = [];
  for (const name in headers) {
    const value = String(headers[name]);
    if (name === 'vary' && extra['vary'] !== undefined)
      lines.push(name, `${value}, ${extra['vary']}`);
    // A line each (RFC 9110 section 11.6.1): some clients look at the first challenge of a line alone.
    else if (name === 'www-authenticate')
      for (const challenge of value.split(/, (?=Basic )/)) lines.push(name, challenge);
    else lines.push(name, value);
  }
  for (const name in extra)
    if (name !== 'vary' || headers['vary'] === undefined) lines.push(name, extra[name] ?? '');
  for (const cookie of cookies) lines.push('set-cookie', cookie);
  return lines;
}

/** RFC 9110 section 8.6: no content-length with 1xx and 204, and none needed with 304. */
function mayHaveLength(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
