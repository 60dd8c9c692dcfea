/** The way of a request to a handler and back, with handlers of the tests' own. */

import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type OperationId, ROUTES } from '../../../api/routes.ts';
import { createApiListener } from '../../../local/http/api-listener.ts';
import { LocalServer } from '../../../local/http/server.ts';
import { MAX_RESULT_BYTES } from '../../../local/http/write-result.ts';
import { BodyMemory, type Memory } from '../../../local/messages/body-memory.ts';
import type { Handler, HandlerResult } from '../../../service/host/handler.ts';
import { send } from '../../support/plain-client.ts';
import { allOf, LogBook, openSocket, sendRaw } from '../served.ts';

/** What a request bears that may send a body. */
const TOKEN = `Bearer stw_abcdefgh_${'A'.repeat(43)}`;
const AUTHORIZATION = `Authorization: ${TOKEN}`;

const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

interface ServingOptions {
  readonly corsOrigins?: readonly string[];
  readonly bodyMemory?: Memory;
  /** Whether operations ask for the body. @default true */
  readonly receives?: boolean;
  /** What each request waits for before it is passed on. @default nothing */
  readonly door?: (request: IncomingMessage) => Promise<void>;
}

/** A server whose operations all answer `answer`. It records events and the bodies it read. */
async function serving(
  answer: (event: APIGatewayProxyEventV2) => HandlerResult,
  {
    corsOrigins = [],
    bodyMemory = new BodyMemory(1_000_000),
    receives = true,
    door,
  }: ServingOptions = {},
) {
  const events: APIGatewayProxyEventV2[] = [];
  const book = new LogBook();
  const handler: Handler = async (event, { receiveBody }) => {
    const received = { ...event, ...(receives ? await receiveBody?.() : {}) };
    events.push(received);
    return answer(received);
  };
  const listener = createApiListener({
    handlers: Object.fromEntries(Object.keys(ROUTES).map((id) => [id, handler])) as Record<
      OperationId,
      Handler
    >,
    notFound: async () => ({ statusCode: 404 }),
    methodNotAllowed: (allowed) => async () => ({
      statusCode: 405,
      headers: { allow: allowed.join(', ') },
    }),
    malformedPath: (operation) => async () => ({ statusCode: 400, body: operation }),
    sendBlob: async () => undefined,
    clock: () => new Date(0),
    newId: () => 'id-1',
    trustedProxies: 0,
    bodyMemory,
    corsOrigins,
    log: book.log,
  });
  const server = await LocalServer.listen({ host: '127.0.0.1', port: 0 }, async (...exchange) => {
    await door?.(exchange[0]);
    await listener(...exchange);
  });
  servers.push(server);
  return { url: `http://127.0.0.1:${server.port}`, events, book };
}

describe('an answer', () => {
  test('has status, headers, cookies, body and its length', async () => {
    const { url } = await serving(() => ({
      statusCode: 201,
      headers: { 'content-type': 'text/plain', 'x-number': 5, 'x-flag': true },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: 'größe',
    }));

    const { status, headers, body } = await send(`${url}/healthz`);

    expect({ status, body: body.toString(), headers: { ...headers, date: undefined } }).toEqual({
      status: 201,
      body: 'größe',
      headers: {
        'content-type': 'text/plain',
        'x-number': '5',
        'x-flag': 'true',
        'set-cookie': ['a=1; HttpOnly', 'b=2'],
        'content-length': '7',
        'x-request-id': 'id-1',
        connection: 'keep-alive',
        'keep-alive': 'timeout=65',
      },
    });
  });

  test('in base64 is sent as the decoded bytes', async () => {
    const { url } = await serving(() => ({
      body: Buffer.from([0, 255, 1]).toString('base64'),
      isBase64Encoded: true,
    }));

    const { status, body } = await send(`${url}/healthz`);

    expect([status, body]).toEqual([200, Buffer.from([0, 255, 1])]);
  });

  test('to a HEAD has the length of what a GET would get, and no body', async () => {
    const { url } = await serving(({ rawPath }) =>
      rawPath.endsWith('declared')
        ? { headers: { 'content-length': '1234567' } }
        : { body: 'four' },
    );

    const declared = await send(`${url}/channels/declared`, { method: 'HEAD' });
    const counted = await send(`${url}/channels/counted`, { method: 'HEAD' });

    expect([declared.status, declared.headers['content-length'], declared.body.length]).toEqual([
      200,
      '1234567',
      0,
    ]);
    expect([counted.status, counted.headers['content-length'], counted.body.length]).toEqual([
      200,
      '4',
      0,
    ]);
  });

  test.each([204, 304])('with status %i has no length', async (statusCode) => {
    const { url } = await serving(() => ({ statusCode, headers: { etag: '"e"' } }));

    const { status, headers } = await send(`${url}/healthz`);

    expect([status, headers['content-length'], headers['etag']]).toEqual([
      statusCode,
      undefined,
      '"e"',
    ]);
  });

  test('that is larger than Lambda lets through is a 500, and one that just fits is sent', async () => {
    const frame = JSON.stringify({ statusCode: 200, headers: {}, body: '' }).length;
    const fits = { statusCode: 200, headers: {}, body: 'x'.repeat(MAX_RESULT_BYTES - frame) };
    const { url, book } = await serving(({ rawPath }) =>
      rawPath.endsWith('fits') ? fits : { ...fits, body: `${fits.body}x` },
    );

    const sent = await send(`${url}/channels/fits`);
    const refused = await send(`${url}/channels/not`);

    expect([sent.status, sent.body.length]).toEqual([200, fits.body.length]);
    expect(refused.status).toBe(500);
    expect(JSON.parse(refused.body.toString())).toMatchObject({
      code: 'INTERNAL',
      instance: 'id-1',
    });
    expect(await book.line((line) => line['msg'] === 'request failed')).toMatchObject({
      requestId: 'id-1',
    });
  });

  test('of a handler that fails is a 500 without details', async () => {
    const { url } = await serving(() => {
      throw new Error('the secret is 42');
    });

    const { status, headers, body } = await send(`${url}/healthz`);

    expect([status, headers['content-type'], headers['x-request-id']]).toEqual([
      500,
      'application/problem+json',
      'id-1',
    ]);
    expect(body.toString()).not.toContain('42');
  });

  test('with a header that HTTP does not take is a 500', async () => {
    const { url } = await serving(() => ({ headers: { 'x-bad': 'a\r\nb: c' } }));

    expect((await send(`${url}/healthz`)).status).toBe(500);
  });
});

describe('a request', () => {
  test('is given to the operation of its route, with path, query and body', async () => {
    const { url, events } = await serving(() => ({ statusCode: 200 }));

    await send(`${url}/v1/versions/1.0%2B5/packages?a=b`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: TOKEN },
      body: '{"a":1}',
    });

    expect(events).toMatchObject([
      {
        routeKey: 'POST /v1/versions/{versionId}/packages',
        rawPath: '/v1/versions/1.0+5/packages',
        pathParameters: { versionId: '1.0+5' },
        queryStringParameters: { a: 'b' },
        body: '{"a":1}',
        requestContext: { requestId: 'id-1', timeEpoch: 0, time: '01/Jan/1970:00:00:00 +0000' },
      },
    ]);
  });

  test('in absolute form, and in chunks, is taken like others', async () => {
    const { url, events } = await serving(() => ({ statusCode: 204 }));
    const head = [
      'POST http://stowage.test/v1/tokens?q HTTP/1.1',
      'Host: h',
      'Content-Type: text/plain',
      AUTHORIZATION,
    ];

    const answer = await sendRaw(
      url,
      [
        ...head,
        'Transfer-Encoding: chunked',
        'Connection: close',
        '',
        '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
      ].join('\r\n'),
    );

    expect(answer).toContain('HTTP/1.1 204');
    expect(events).toMatchObject([{ rawPath: '/v1/tokens', rawQueryString: 'q', body: 'abc' }]);
  });

  test('with a malformed path is refused in the name of its operation', async () => {
    const { url, events } = await serving(() => ({ statusCode: 200 }));

    const { status, body } = await send(`${url}/channels/%zz`);

    expect([status, body.toString(), events]).toEqual([400, 'getChannel', []]);
  });

  test('for a path or method that is not there gets 404 or 405', async () => {
    const { url } = await serving(() => ({ statusCode: 200 }));

    const unknown = await send(`${url}/nothing`);
    const wrong = await send(`${url}/v1/tokens`, { method: 'PUT', body: 'x' });

    expect([unknown.status, wrong.status, wrong.headers['allow']]).toEqual([404, 405, 'POST, GET']);
  });

  test.each([
    'NO HTTP\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET /\u0001 HTTP/1.1\r\nHost: h\r\n\r\n',
  ])('that is no HTTP gets a 400: %j', async (text) => {
    const { url, events } = await serving(() => ({ statusCode: 200 }));

    expect(await sendRaw(url, text)).toMatch(/^HTTP\/1\.1 400 /);
    expect(events).toEqual([]);
  });

  test('whose body came before it is passed on leaves its connection to the next one', async () => {
    const { url, events } = await serving(() => ({ statusCode: 200 }), {
      door: async (request) => {
        while (!request.complete) await setImmediate();
      },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const post = () => send(`${url}/v1/tokens`, { method: 'POST', body: '{"a":1}', agent });

    expect([(await post()).status, (await post()).status]).toEqual([200, 200]);
    expect(events).toHaveLength(2);
    agent.destroy();
  });

  test('whose client leaves in the middle of its body reaches no handler, and others still work', async () => {
    const { url, events } = await serving(() => ({ statusCode: 200 }));
    const socket = openSocket(url);
    socket.write(
      `POST /v1/tokens HTTP/1.1\r\nHost: h\r\n${AUTHORIZATION}\r\nContent-Length: 10\r\n\r\nabc`,
    );
    await once(socket, 'connect');

    socket.destroy();
    await once(socket, 'close');
    const next = await send(`${url}/healthz`);

    expect([next.status, events.length]).toEqual([200, 1]);
  });
});

describe('a body that is too large', () => {
  test('of undeclared length is cut a byte after what an operation takes, and its client reads the answer', async () => {
    const { url, events } = await serving(({ body }) => ({
      statusCode: 413,
      body: String(body?.length),
    }));
    const socket = openSocket(url);
    const all = allOf(socket);
    const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;

    socket.write(
      `POST /v1/tokens HTTP/1.1\r\nHost: h\r\n${AUTHORIZATION}\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    for (let sent = 0; sent < 8; sent++) socket.write(chunk);
    socket.end('0\r\n\r\n');
    const answer = await all;

    expect(answer).toMatch(/^HTTP\/1\.1 413 .*connection: close.*262145$/is);
    expect(events.length).toBe(1);
  });

  test('of declared length is not read before it is refused', async () => {
    const { url, events } = await serving(() => ({ statusCode: 413, body: 'too large' }));
    const socket = openSocket(url);
    const all = allOf(socket);

    const size = 300_000;
    socket.write(
      `POST /v1/tokens HTTP/1.1\r\nHost: h\r\n${AUTHORIZATION}\r\nContent-Type: text/plain\r\nContent-Length: ${size}\r\n\r\n`,
    );
    socket.end(' '.repeat(size));
    const answer = await all;

    expect(answer).toMatch(/^HTTP\/1\.1 413 .*too large$/is);
    expect(events).toMatchObject([
      { headers: { 'content-length': String(size) }, isBase64Encoded: false },
    ]);
    expect(events[0]?.body).toBeUndefined();
  });

  test('need not be sent by a client that waits for 100', async () => {
    const { url } = await serving(() => ({ statusCode: 413, body: 'too large' }));

    const answer = await sendRaw(
      url,
      `POST /v1/tokens HTTP/1.1\r\nHost: h\r\n${AUTHORIZATION}\r\nExpect: 100-continue\r\nContent-Length: 300000\r\n\r\n`,
    );

    expect(answer).toMatch(/^HTTP\/1\.1 413 .*too large$/is);
  });

  test('lets no other request get a 100', async () => {
    const { url, events } = await serving(() => ({
      statusCode: 204,
      headers: { connection: 'close' },
    }));
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    socket.write(
      `POST /v1/tokens HTTP/1.1\r\nHost: h\r\n${AUTHORIZATION}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
    );

    const [goOn] = (await once(socket, 'data')) as [Buffer];
    const all = allOf(socket);
    socket.write('abc');

    expect(goOn.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await all).toMatch(/^HTTP\/1\.1 204 /);
    expect(events).toMatchObject([{ body: 'YWJj', isBase64Encoded: true }]);
  });
});

describe('a body that the operation does not ask for', () => {
  const refusing = () =>
    serving(() => ({ statusCode: 401, body: 'who are you' }), { receives: false });

  test('is not kept, and its client reads the answer', async () => {
    const { url, events } = await refusing();
    const head = `POST /v1/tokens HTTP/1.1\r\nHost: h\r\n${AUTHORIZATION}\r\nContent-Type: text/plain\r\n`;

    const declared = await sendRaw(
      url,
      `${head}Content-Length: 100000\r\n\r\n${' '.repeat(100_000)}`,
    );
    const chunked = await sendRaw(
      url,
      `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    );

    for (const answer of [declared, chunked])
      expect(answer).toMatch(/^HTTP\/1\.1 401 .*connection: close.*who are you$/is);
    expect(events.map(({ body }) => body)).toEqual([undefined, undefined]);
  });

  test('is answered before it has come, and not asked for where its client waits for 100', async () => {
    const { url } = await refusing();
    const head = 'POST /v1/tokens HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n';
    const sending = openSocket(url);
    sending.write(`${head}\r\n`);
    const waiting = openSocket(url);
    waiting.write(`${head}Expect: 100-continue\r\n\r\n`);

    const [early] = (await once(sending, 'data')) as [Buffer];
    const refused = await allOf(waiting);

    expect(early.toString()).toMatch(/^HTTP\/1\.1 401 /);
    expect(refused).toMatch(/^HTTP\/1\.1 401 .*who are you$/is);
    sending.destroy();
  });
});

describe('bodies that come at the same time', () => {
  const head = `POST /v1/tokens HTTP/1.1\r\nHost: h\r\n${AUTHORIZATION}\r\nContent-Type: text/plain\r\n`;
  const whole = (size: number) =>
    `${head}Connection: close\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`;

  test('take up no more memory than they may: one that does not fit is asked to come again', async () => {
    const { url } = await serving(({ body }) => ({ body: String(body?.length) }), {
      bodyMemory: new BodyMemory(1000),
    });

    expect(await sendRaw(url, whole(1000))).toMatch(/^HTTP\/1\.1 200 .*1000$/s);
    expect(await sendRaw(url, whole(1001))).toMatch(
      /^HTTP\/1\.1 503 .*retry-after: 5.*"code":"UNAVAILABLE"/is,
    );
    expect(await sendRaw(url, whole(1000))).toMatch(/^HTTP\/1\.1 200 .*1000$/s);
  });

  test('give their memory back when their client leaves', async () => {
    const [taken, free] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    const { url } = await serving(() => ({}), {
      bodyMemory: { take: taken.resolve, giveBack: free.resolve },
    });
    const socket = openSocket(url);
    socket.write(`${head}Content-Length: 800\r\n\r\n${'x'.repeat(700)}`);
    const bytes = await taken.promise;

    socket.destroy();

    expect([bytes, await free.promise]).toEqual([700, 700]);
  });
});

describe('CORS', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'https://app.test', 'access-control-request-method': 'POST' },
  };

  test('is off where no origin is configured', async () => {
    const { url } = await serving(() => ({ statusCode: 200 }));

    const asked = await send(`${url}/v1/tokens`, preflight);
    const got = await send(`${url}/v1/tokens`, { headers: { origin: 'https://app.test' } });

    expect(asked.status).toBe(405);
    expect(
      Object.keys({ ...asked.headers, ...got.headers }).filter((name) =>
        name.startsWith('access-control'),
      ),
    ).toEqual([]);
  });

  test('lets a configured origin call, and no other', async () => {
    const { url } = await serving(() => ({ statusCode: 200, headers: { vary: 'Accept' } }), {
      corsOrigins: ['https://app.test'],
    });

    const asked = await send(`${url}/v1/tokens`, preflight);
    const got = await send(`${url}/v1/tokens`, { headers: { origin: 'https://app.test' } });
    const other = await send(`${url}/v1/tokens`, { headers: { origin: 'https://evil.test' } });

    expect([asked.status, asked.headers]).toMatchObject([
      204,
      {
        'access-control-allow-origin': 'https://app.test',
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
        'access-control-allow-headers': expect.stringContaining('authorization'),
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    ]);
    expect(got.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.test',
      'access-control-expose-headers': expect.stringMatching(
        /etag.*location.*repr-digest.*retry-after.*x-checksum-sha256.*x-request-id/,
      ),
      vary: 'Accept, Origin',
    });
    expect([other.headers['access-control-allow-origin'], other.headers['vary']]).toEqual([
      undefined,
      'Accept, Origin',
    ]);
  });

  test('with a star lets everybody call', async () => {
    const { url } = await serving(() => ({ statusCode: 200 }), { corsOrigins: ['*'] });

    const asked = await send(`${url}/v1/tokens`, preflight);

    expect([
      asked.status,
      asked.headers['access-control-allow-origin'],
      asked.headers['vary'],
    ]).toEqual([204, '*', undefined]);
  });
});
