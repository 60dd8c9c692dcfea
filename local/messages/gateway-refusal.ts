/** Refusals of the gateway: problems that a client can read even while it sends its body. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemHeaders, problemOf, statusOf } from '../../api/schemas/problems.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import { drain } from './drain.ts';
import { hasBody } from './request-body.ts';

export interface Refusal {
  readonly error: ServiceError;
  readonly status: number;
}

/** Headers of the answer that is not sent. */
const HEADERS_OF_SUCCESS = ['content-disposition', 'content-length', 'etag', 'last-modified'];

/** The refusal for `error`. An occupied key is 412, as on S3. */
export function refusalOf(error: unknown): Refusal {
  const known = isServiceError(error)
    ? error
    : new ServiceError('INTERNAL', 'internal error', { cause: error });
  return { error: known, status: known.code === 'ALREADY_EXISTS' ? 412 : statusOf(known.code) };
}

/**
 * Answers with a problem. If the body still arrives, it is read for a while: closing the connection
 * at once could hide the answer.
 * @param taken whether the client was allowed to send its body
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

/** Whether the client waits for 100 before it sends its body (RFC 9110 section 10.1.1). */
export function awaitsContinue(request: IncomingMessage): boolean {
  return request.headers.expect?.toLowerCase() === '100-continue';
}
