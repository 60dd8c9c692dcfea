/** Answers every request with 503 once the server has lost its lock. */
import { problemHeaders, problemOf, statusOf } from '../../api/schemas/problems.ts';
import type { Listener } from './api-listener.ts';
import { newRequestId } from './request-id.ts';

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
