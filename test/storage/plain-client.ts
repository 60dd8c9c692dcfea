/** Sends HTTP requests exactly as given, even wrong ones, without credentials. */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { SignedRequest } from '../../core/ports/blob-store.ts';
import type { HttpAnswer, SendOverrides } from './blob-contract/harness.ts';

/** The answer, or status 0 where the connection ended without one. */
export function sendPlainly(
  request: Pick<SignedRequest, 'method' | 'url' | 'headers'>,
  body: Buffer | string | undefined,
  overrides: SendOverrides = {},
): Promise<HttpAnswer> {
  const method = overrides.method ?? request.method;
  const bytes = Buffer.from(body ?? '');
  const contentLength = overrides.contentLength ?? bytes.length;
  const length = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': contentLength };
  const merged = { ...request.headers, ...length, ...overrides.headers };
  const headers: OutgoingHttpHeaders = Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== undefined),
  );
  return new Promise((resolve) => {
    const outgoing = httpRequest(overrides.url ?? request.url, { method, headers, agent: false });
    outgoing.on('response', (response) => resolve(answerOf(response)));
    // An answer may have come before the connection broke; then it has been given already.
    outgoing.on('error', () => resolve({ status: 0, headers: {}, body: Buffer.alloc(0) }));
    if (bytes.length < contentLength) outgoing.write(bytes, () => outgoing.destroy());
    else outgoing.end(bytes);
  });
}

async function answerOf(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const headers = Object.entries(response.headers).map(
    ([name, value]) => [name, String(value)] as const,
  );
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
  };
}
