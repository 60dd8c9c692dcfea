/** The whole service (API and gateway) as one function for `sam local`. */
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { pino } from 'pino';
import { processEnvironment } from '../open/settings/environment.ts';
import { readSettings } from '../open/settings/server-settings.ts';
import { once } from '../service/host/once.ts';
import { type Running, serve } from './serve.ts';

/** Started at the first event. It listens inside the container only, and runs as long as that. */
const running = once(() =>
  serve(
    { ...readSettings(processEnvironment()), host: '127.0.0.1', port: 0 },
    { log: pino({ base: null }) },
  ),
);

/** Sends the request of an event to the service, and returns its answer. */
export async function handler(
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  return forward(await running(), event);
}

function forward(
  { url }: Running,
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { rawPath, rawQueryString, requestContext, body = '', isBase64Encoded } = event;
  // `sam local` decodes paths; the service expects them encoded, as a browser sends them.
  const path = rawPath.split('/').map(encodeURIComponent).join('/');
  const target = `${url}${path}${rawQueryString === '' ? '' : `?${rawQueryString}`}`;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const { promise, resolve, reject } = Promise.withResolvers<APIGatewayProxyStructuredResultV2>();
  const sent = request(target, {
    method: requestContext.http.method,
    headers: headersOf(event, bytes.length),
  });
  sent.on('error', reject);
  sent.on('response', async (response) => {
    try {
      const answer = await buffer(response);
      const headers = Object.entries(response.headers).map(([name, value]) => [
        name,
        String(value),
      ]);
      resolve({
        statusCode: response.statusCode ?? 502,
        headers: Object.fromEntries(headers),
        body: answer.toString('base64'),
        isBase64Encoded: true,
      });
    } catch (error) {
      // The connection inside the container broke during the answer.
      reject(error);
    }
  });
  sent.end(bytes);
  return promise;
}

/** Headers of the connection to `sam local`, which do not apply to the one in the container. */
function headersOf({ headers }: APIGatewayProxyEventV2, length: number): Record<string, string> {
  const hop = ['host', 'connection', 'content-length', 'transfer-encoding', 'expect'];
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || hop.includes(name.toLowerCase()) ? [] : [[name.toLowerCase(), value]],
  );
  return {
    ...Object.fromEntries(kept),
    ...(length === 0 ? {} : { 'content-length': String(length) }),
  };
}
