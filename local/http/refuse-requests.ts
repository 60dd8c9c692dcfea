/**
 * Refuses requests that must not reach the service: those that HTTP forbids but Node's parser
 * accepts (another version, more than one host, an unknown transfer coding), and all of them once
 * the server has lost its lock.
 */
import type { IncomingMessage } from 'node:http';
import { problemHeaders, problemOf, statusOf } from '../../api/schemas/problems.ts';
import type { NewId } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import { problem } from '../../service/chain/problem-answer.ts';
import type { Log } from '../../service/host/log.ts';
import type { Listener } from './api-listener.ts';
import { newRequestId } from './request-id.ts';
import { writeResult } from './write-result.ts';

export interface FaultOptions {
  /** Makes request ids. */
  readonly newId: NewId;
  readonly log: Log;
}

/**
 * Passes only valid requests to the listener. The connection of a refused one is closed, because it
 * is unclear where the request ends.
 */
export function refuseFaulty(listener: Listener, { newId, log }: FaultOptions): Listener {
  return (request, response) => {
    const fault = faultOf(request);
    if (fault === undefined) return listener(request, response);
    const requestId = newId();
    log.info(
      { requestId, method: request.method, code: fault.code, err: fault },
      'request refused',
    );
    const answer = problem(fault.code, fault.message, requestId);
    const headers = { ...answer.headers, 'x-request-id': requestId, connection: 'close' };
    return writeResult(request, response, { ...answer, headers });
  };
}

function faultOf(request: IncomingMessage): ServiceError | undefined {
  const { httpVersionMajor, httpVersion, headers } = request;
  if (httpVersionMajor !== 1)
    return invalid(`the version must be HTTP/1.0 or HTTP/1.1, got HTTP/${httpVersion}`);
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    // RFC 9112 section 6.1.
    if (httpVersion === '1.0')
      return invalid('HTTP/1.0 has no transfer-encoding; send a content-length');
    if (coding.trim().toLowerCase() !== 'chunked') {
      return new ServiceError('NOT_SUPPORTED', 'transfer-encoding must be chunked, and no other');
    }
  }
  return hostFault(request);
}

/** A host with an optional port; it may be an IPv6 address, or empty. */
const HOST = /^[^\s,/?#@\\]*$/;

/** RFC 9112 section 3.2. Node itself refuses an HTTP/1.1 request without a host. */
function hostFault({ rawHeaders, headers }: IncomingMessage): ServiceError | undefined {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) return invalid(`a request must have one host header, got ${hosts}`);
  return headers.host === undefined || HOST.test(headers.host)
    ? undefined
    : invalid('the host header is no host');
}

function invalid(message: string): ServiceError {
  return new ServiceError('INVALID_INPUT', message);
}

/** Answers every request with 503, for a server that has lost its lock. */
export const outOfService: Listener = async (_request, response) => {
  const requestId = newRequestId();
  const body = JSON.stringify(problemOf('UNAVAILABLE', 'this server has lost its lock', requestId));
  response.writeHead(statusOf('UNAVAILABLE'), {
    ...problemHeaders('UNAVAILABLE'),
    'x-request-id': requestId,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
};
