/** Serves the console, a page of static files, under /console/. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CONSOLE_PAGE } from '../../core/console.ts';
import { CONSOLE_FOLDER } from '../../core/layout.ts';
import { isKnown } from '../../service/answers/conditional.ts';
import { takesGzip } from '../../service/answers/content-coding.ts';
import type { Listener } from '../http/api-listener.ts';
import type { ConsoleFile } from './console-files.ts';
import { consoleHeaders } from './console-headers.ts';

export interface ConsoleOptions {
  readonly files: ReadonlyMap<string, ConsoleFile>;
  /** The origins, beside its own, to which the console sends requests. */
  readonly connectTo: readonly string[];
  /** Answers all other requests. */
  readonly next: Listener;
}

const PREFIX = `/${CONSOLE_FOLDER}/`;

export function createConsole({ files, connectTo, next }: ConsoleOptions): Listener {
  const headers = consoleHeaders(connectTo);
  return async (request, response) => {
    const path = /^[^?#]*/.exec(request.url ?? '')?.[0] ?? '';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && path === '/console') {
      // Relative, so that a proxy may serve it below another path.
      response.writeHead(308, { ...headers, location: 'console/' }).end();
      return;
    }
    const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) || CONSOLE_PAGE : undefined;
    const file = isRead && name !== undefined ? files.get(name) : undefined;
    if (file === undefined) return next(request, response);
    send(request, response, file, headers);
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: ConsoleFile,
  security: Readonly<Record<string, string>>,
): void {
  const headers = { ...security, ...file.headers };
  if (isKnown(request.headers['if-none-match'], file.etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const isPacked = takesGzip(String(request.headers['accept-encoding'] ?? ''));
  const body = isPacked ? file.packed : file.plain;
  response.writeHead(200, {
    ...headers,
    ...(isPacked && { 'content-encoding': 'gzip' }),
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
