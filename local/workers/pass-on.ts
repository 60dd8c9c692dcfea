/** Passes a request on to the server, and its answer back, as they are. */
import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../../core/errors.ts';
import { problem } from '../../service/chain/problem-answer.ts';
import type { Listener } from '../http/api-listener.ts';
import { newRequestId } from '../http/request-id.ts';
import { writeResult } from '../http/write-result.ts';

/** @param serverPath the socket of the server */
export function passOn(serverPath: string): Listener {
  const agent = new Agent({ keepAlive: true });
  return async (request, response) => {
    try {
      await exchange(request, response, { agent, serverPath });
    } catch (error) {
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      await refuse(request, response, error);
    }
  };
}

interface Way {
  readonly agent: Agent;
  readonly serverPath: string;
}

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  { agent, serverPath }: Way,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const passed = httpRequest({
    socketPath: serverPath,
    agent,
    method: request.method,
    path: request.url,
    headers: [...request.rawHeaders, 'X-Forwarded-For', request.socket.remoteAddress ?? ''],
  });
  passed
    .on('continue', () => response.writeContinue())
    .on('response', resolve)
    .on('error', reject);
  response.once('close', () => passed.destroy());
  // A client that waits for 100 sends nothing that would take the headers along.
  if (request.headers.expect !== undefined) passed.flushHeaders();
  // An answer may come before the body has ended.
  const sending = pipeline(request, passed);
  sending.catch(reject);
  const answer = await promise;
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  await pipeline(answer, response);
}

function refuse(request: IncomingMessage, response: ServerResponse, cause: unknown): Promise<void> {
  const error = new ServiceError('UNAVAILABLE', 'the server is starting or stopping', { cause });
  const requestId = newRequestId();
  const answer = problem(error.code, error.message, requestId);
  const headers = { ...answer.headers, 'x-request-id': requestId, connection: 'close' };
  return writeResult(request, response, { ...answer, headers });
}
