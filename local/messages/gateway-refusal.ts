/** How the gateway says no: a problem that the client can read, even while it is still sending its body. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemHeaders, problemOf, statusOf } from '../../api/schemas/problems.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import { drain } from './drain.ts';
import { hasBody } from './request-body.ts';

export interface Refusal {
  readonly error: ServiceError;
  readonly status: number;
}

/** What was set for the answer that is not given. */
const HEADERS_OF_SUCCESS = ['content-disposition', 'content-length', 'etag', 'last-modified'];

/** What `error` is on the wire; a key that is taken is 412 here, as S3 says it. */
export function refusalOf(error: unknown): Refusal {
  const known = isServiceError(error)
    ? error
    : new ServiceError('INTERNAL', 'internal error', { cause: error });
  return { error: known, status: known.code === 'ALREADY_EXISTS' ? 412 : statusOf(known.code) };
}

/**
 * Answers with a problem. Where the body is still coming, reads on for a while: a connection closed on it would hide the answer.
 * @param taken whether the client has been let send its body
 */
export async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { error, status }: Refusal,
  requestId: string,
  taken: boolean,
): Promise<void> {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = Buffer.from(
    JSON.stringify({ ...problemOf(error.code, error.message, requestId), status }),
  );
  for (const name of HEADERS_OF_SUCCESS) response.removeHeader(name);
  const unread = hasBody(request) && !request.complete;
  if (unread) response.setHeader('connection', 'close');
  response.writeHead(status, { ...problemHeaders(error.code), 'content-length': body.length });
  if (unread && (taken || !awaitsContinue(request))) {
    response.write(body);
    await drain(request);
    response.end();
  } else {
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

/** Whether the client holds its body back until it is told to go on (RFC 9110 section 10.1.1). */
export function awaitsContinue(request: IncomingMessage): boolean {
  return request.headers.expect?.toLowerCase() === '100-continue';
}
