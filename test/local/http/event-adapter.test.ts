/** Compares whole events with payload format 2.0, for requests that came over a socket. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import {
  type EventContext,
  eventBodyOf,
  eventOf,
  targetOf,
} from '../../../local/messages/event-adapter.ts';
import { sendRaw } from '../served.ts';

const server = createServer();
afterEach(async () => {
  server.close();
  await once(server, 'close');
});

/** The event of a request that is sent as raw text. */
async function eventFor(
  lines: readonly string[],
  context: Partial<EventContext> = {},
): Promise<APIGatewayProxyEventV2> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const made = new Promise<APIGatewayProxyEventV2>((resolve) => {
    server.once('request', (request: IncomingMessage, response) => {
      const whole = {
        routeKey: '$default',
        requestId: 'r-1',
        sourceIp: '127.0.0.1',
        timeEpoch: 1583348638390,
        ...context,
      };
      resolve(eventOf(request, targetOf(request.url ?? ''), whole));
      response.setHeader('connection', 'close').end();
    });
  });
  const address = server.address() as { readonly port: number };
  await sendRaw(`http://127.0.0.1:${address.port}`, [...lines, '', ''].join('\r\n'));
  return made;
}

describe('an event', () => {
  test('of a plain GET has what API Gateway gives, and nothing that is not there', async () => {
    const event = await eventFor(['GET /v1/versions HTTP/1.1', 'Host: stowage.test'], {
      routeKey: 'GET /v1/versions',
    });

    expect(JSON.parse(JSON.stringify(event))).toEqual({
      version: '2.0',
      routeKey: 'GET /v1/versions',
      rawPath: '/v1/versions',
      rawQueryString: '',
      headers: { host: 'stowage.test' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: 'localhost',
        domainPrefix: 'localhost',
        http: {
          method: 'GET',
          path: '/v1/versions',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: '',
        },
        requestId: 'r-1',
        routeKey: 'GET /v1/versions',
        stage: '$default',
        time: '04/Mar/2020:19:03:58 +0000',
        timeEpoch: 1583348638390,
      },
      isBase64Encoded: false,
    });
  });

  test('has the names of headers in lower case, and headers of answers as text', async () => {
    const event = await eventFor(['GET / HTTP/1.1', 'HOST: stowage.test', 'Set-Cookie: a=1']);

    expect({ ...event.headers }).toEqual({ host: 'stowage.test', 'set-cookie': 'a=1' });
  });

  test('joins what is repeated, decodes the path, and keeps the query as it came', async () => {
    const event = await eventFor(
      [
        'POST /packages/1.0%2B5/a%20b?b=2&a=1%2C5&b=3+4&empty&__proto__=x HTTP/1.1',
        'Host: stowage.test',
        'X-Many: one',
        'User-Agent: curl/8',
        'X-MANY: two, three',
        'Authorization: Bearer a',
        'authorization: Bearer b',
        'Cookie: one=1; two=2',
        'Cookie: three=3',
        '__proto__: sly',
        'Connection: close',
      ],
      { pathParameters: { versionId: '1.0+5', file: 'a b' } },
    );

    expect(JSON.parse(JSON.stringify(event))).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/packages/1.0+5/a b',
      rawQueryString: 'b=2&a=1%2C5&b=3+4&empty&__proto__=x',
      cookies: ['one=1', 'two=2', 'three=3'],
      headers: JSON.parse(
        '{"host":"stowage.test","x-many":"one,two, three","user-agent":"curl/8","authorization":"Bearer a,Bearer b","__proto__":"sly","connection":"close"}',
      ),
      queryStringParameters: JSON.parse('{"b":"2,3 4","a":"1,5","empty":"","__proto__":"x"}'),
      pathParameters: { versionId: '1.0+5', file: 'a b' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: 'localhost',
        domainPrefix: 'localhost',
        http: {
          method: 'POST',
          path: '/packages/1.0+5/a b',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'curl/8',
        },
        requestId: 'r-1',
        routeKey: '$default',
        stage: '$default',
        time: '04/Mar/2020:19:03:58 +0000',
        timeEpoch: 1583348638390,
      },
      isBase64Encoded: false,
    });
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'application/problem+json',
    'APPLICATION/XML',
  ])('bears a body of type %s as text', async (type) => {
    expect(eventBodyOf(Buffer.from('"ü"'), type)).toEqual({ body: '"ü"', isBase64Encoded: false });
  });

  test.each(['application/octet-stream', 'image/png', 'application/jsonx'])(
    'bears a body of type %s in base64',
    async (type) => {
      expect(eventBodyOf(Buffer.from('"ü"'), type)).toEqual({
        body: 'IsO8Ig==',
        isBase64Encoded: true,
      });
    },
  );

  test('has text that is not UTF-8 in base64, so that no byte is lost', async () => {
    const body = eventBodyOf(Buffer.from([0x22, 0xff, 0x22]), 'application/json');

    expect(body).toEqual({ body: 'Iv8i', isBase64Encoded: true });
  });
});

describe('a request target', () => {
  test.each([
    ['/a/b?c=d?e', { path: '/a/b', query: 'c=d?e' }],
    ['/', { path: '/', query: '' }],
    ['/a?', { path: '/a', query: '' }],
    ['http://other.test:99/a?b', { path: '/a', query: 'b' }],
    ['HTTPS://other.test', { path: '/', query: '' }],
    ['http://other.test?b', { path: '/', query: 'b' }],
    ['*', { path: '*', query: '' }],
    ['//double/a', { path: '//double/a', query: '' }],
  ])('%s is taken apart', (url, expected) => {
    expect(targetOf(url)).toEqual(expected);
  });
});
