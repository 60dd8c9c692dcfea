/** Which connections stay open where there are too many. */
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { LocalServer, type ServerLimits } from '../../../local/http/server.ts';
import { Connections } from '../../../local/messages/connections.ts';
import { drain } from '../../../local/messages/drain.ts';
import { send } from '../../support/plain-client.ts';
import { allOf, openSocket } from '../served.ts';

const servers: LocalServer[] = [];
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

/** Answers at once; under /held when it is let, under /drained before the body has come. */
async function listening(limits: ServerLimits) {
  const release = Promise.withResolvers<void>();
  const arrivals = new EventEmitter();
  const server = await LocalServer.listen(
    { host: '127.0.0.1', port: 0 },
    async (request, response) => {
      if (request.url === '/held') {
        arrivals.emit('held');
        await release.promise;
      }
      if (request.url === '/drained') {
        response.writeHead(200, { connection: 'close', 'content-length': 4 }).write('done');
        await drain(request);
      }
      response.end('done');
    },
    limits,
  );
  servers.push(server);
  return {
    server,
    url: `http://127.0.0.1:${server.port}`,
    release: release.resolve,
    heldOne: () => once(arrivals, 'held'),
  };
}

async function open(url: string, text = ''): Promise<Socket> {
  const socket = openSocket(url);
  clients.push(socket);
  await once(socket, 'connect');
  socket.write(text);
  return socket.on('error', () => {});
}

const closed = (socket: Socket) => once(socket.resume(), 'close');
const heads = (path: string, count = 1) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`.repeat(count);

describe('of too many connections', () => {
  test('those close that have waited longest, and the last one is answered', async () => {
    const { server, url } = await listening({ maxConnections: 16 });
    const silent = await open(url);
    const slow = await open(url, 'GET / HT');
    const others = [];
    for (let count = 0; count < 3; count++) others.push(await open(url));
    others.push(await open(url));

    await Promise.all([closed(silent), closed(slow)]);

    expect((await send(url)).body.toString()).toBe('done');
    expect(server.droppedConnections).toBeGreaterThanOrEqual(2);
  });

  test('none closes on which a request is under way', async () => {
    const { url, release, heldOne } = await listening({ maxConnections: 16 });
    const arrived = heldOne();
    const held = send(`${url}/held`);
    await arrived;
    const waiting = [];
    for (let count = 0; count < 20; count++) waiting.push(closed(await open(url)));
    await Promise.all(waiting.slice(0, 16));

    release();

    expect((await held).body.toString()).toBe('done');
  });

  test('one more is closed where a request is under way on each', async () => {
    const { url, release, heldOne } = await listening({ maxConnections: 2 });
    const held: Socket[] = [];
    while (held.length < 2) {
      const arrived = heldOne();
      held.push(await open(url, heads('/held')));
      await arrived;
    }
    await expect(send(url)).rejects.toMatchObject({ code: 'ECONNRESET' });

    const answers = held.map((socket) => once(socket, 'data'));
    release();

    for (const [answer] of await Promise.all(answers))
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('one may close that has its answer, and goes on sending', async () => {
    const { url } = await listening({ maxConnections: 4 });
    const sending = await open(
      url,
      'POST /drained HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc',
    );
    await once(sending, 'data');

    await open(url);

    await closed(sending);
    expect((await send(url)).body.toString()).toBe('done');
  });

  test('those of the address close that has most', () => {
    const connections = new Connections({ maxOpen: 4, maxWaiting: 4 });
    const destroyed: string[] = [];
    const connect = (name: string, remoteAddress: string) => {
      const socket = Object.assign(new EventEmitter(), {
        remoteAddress,
        destroy: () => destroyed.push(name),
      });
      connections.add(socket as unknown as Socket);
    };

    connect('friend', '192.0.2.1');
    for (const name of ['a', 'b', 'c', 'd', 'e']) connect(name, `2001:db8::${name}`);
    connect('other friend', '192.0.2.2');

    expect(destroyed).toEqual(['a', 'b', 'c']);
  });
});

test('a client that does not send its headers in time gets an answer, and its connection is closed', async () => {
  const { url } = await listening({ headersMs: 30 });
  const [silent, slow] = [await open(url), await open(url, 'GET / HTTP/1.1\r\nHost: h\r\n')];

  for (const answer of await Promise.all([allOf(silent), allOf(slow)]))
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

test('a client that sends more requests than it reads answers is cut off', async () => {
  const { url, release } = await listening({});
  const client = await open(url, heads('/held', 101));

  await closed(client);

  release();
  expect((await send(url)).status).toBe(200);
});
