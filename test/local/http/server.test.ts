/** Listening and stopping, whatever is served. */
import { once } from 'node:events';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Listener } from '../../../local/http/api-listener.ts';
import { LocalServer, type ServerLimits } from '../../../local/http/server.ts';
import { sendFile } from '../../../local/messages/send-file.ts';
import { send } from '../../support/plain-client.ts';
import { allOf, openSocket, temporaryFolder } from '../served.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const servers: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

async function listening(
  listener: Listener,
  limits?: ServerLimits,
): Promise<{ server: LocalServer; url: string }> {
  const server = await LocalServer.listen(LOOPBACK, listener, limits);
  servers.push(server);
  return { server, url: `http://127.0.0.1:${server.port}` };
}

/** A listener that holds its answers back until the test releases them. */
function holding() {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const listener: Listener = async (_request, response) => {
    arrived.resolve();
    await release.promise;
    response.end('done');
  };
  return { listener, arrived: arrived.promise, release: release.resolve };
}

describe('a stop', () => {
  test('lets a request in flight end, and takes no more', async () => {
    const { listener, arrived, release } = holding();
    const { server, url } = await listening(listener);
    const agent = new Agent({ keepAlive: true });
    const answer = send(url, { agent });
    await arrived;

    const stopped = server.stop(60_000);
    await expect(send(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    release();

    expect(await answer).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
      body: Buffer.from('done'),
    });
    await stopped;
    agent.destroy();
  });

  test('lets an upload in flight come in whole', async () => {
    const begun = Promise.withResolvers<void>();
    const { server, url } = await listening(async (request, response) => {
      let length = 0;
      for await (const chunk of request) {
        length += (chunk as Buffer).length;
        begun.resolve();
      }
      response.end(String(length));
    });
    const socket = openSocket(url);
    const all = allOf(socket);
    socket.write('PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc');
    await begun.promise;

    const stopped = server.stop(60_000);
    socket.write('def');

    expect(await all).toMatch(/connection: close.*6$/is);
    await stopped;
  });

  test('does not wait for connections on which nothing is under way', async () => {
    const { server, url } = await listening(async (_request, response) => {
      response.end();
    });
    const agent = new Agent({ keepAlive: true });
    await send(url, { agent });
    const silent = openSocket(url);
    await once(silent, 'connect');
    const closed = allOf(silent);

    await server.stop(60_000);

    expect(await closed).toBe('');
    agent.destroy();
  });

  test('cuts off what has not ended in time', async () => {
    const { listener, arrived, release } = holding();
    const { server, url } = await listening(listener);
    const answer = send(url).catch((error: NodeJS.ErrnoException) => error.code);
    await arrived;

    await server.stop(20);

    expect(await answer).toBe('ECONNRESET');
    release();
  });

  test('may be asked for twice', async () => {
    const { server } = await listening(async () => {});

    await Promise.all([server.stop(0), server.stop(0)]);
    await server.stop(0);
  });
});

describe('an answer that its client does not read', () => {
  const IMPATIENT = { unreadMs: 20 };
  const MIB = 1024 * 1024;

  /** A client that sends a request and reads no answer. @returns its socket, to be destroyed */
  function ask(url: string, requests = 1): Socket {
    const socket = openSocket(url).pause();
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(requests));
    return socket.on('error', () => {});
  }

  test.each<[string, Listener]>([
    [
      'in one piece',
      async (_request, response) => {
        response.end(Buffer.alloc(64 * MIB));
      },
    ],
    [
      'as a stream',
      async (_request, response) => {
        const endless = Readable.from(
          (function* () {
            for (;;) yield Buffer.alloc(MIB);
          })(),
        );
        endless.pipe(response);
        await once(response, 'close');
        endless.destroy();
      },
    ],
  ])('is given up, so that its connection is free: %s', async (_how, answer) => {
    const closed = Promise.withResolvers<boolean>();
    const { url } = await listening((request, response) => {
      response.once('close', () => closed.resolve(response.writableFinished));
      return answer(request, response);
    }, IMPATIENT);

    const client = ask(url);

    expect(await closed.promise).toBe(false);
    client.destroy();
  });

  test('is given up with the file that it is read from', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'large');
    const size = 256 * MIB;
    await writeFile(path, '');
    await truncate(path, size);
    const settled = Promise.withResolvers<void>();
    const { url } = await listening(async (request, response) => {
      await sendFile(request, response, { path, size });
      settled.resolve();
    }, IMPATIENT);

    const client = ask(url);

    await settled.promise;
    client.destroy();
    await rm(folder, { recursive: true });
  });

  test('is given up when it waits behind other unread answers', async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await listening(async (_request, response) => {
      response.socket?.once('close', () => closed.resolve());
      response.end(Buffer.alloc(MIB));
    }, IMPATIENT);

    const client = ask(url, 64);

    await closed.promise;
    client.destroy();
  });

  test('is not confused with an answer that begins late', async () => {
    const arrived = Promise.withResolvers<void>();
    const givenUp = Promise.withResolvers<void>();
    const { url } = await listening(async (request, response) => {
      if (request.url === '/slow') {
        arrived.resolve();
        await givenUp.promise;
        response.end('done');
      } else {
        response.once('close', () => givenUp.resolve());
        response.end(Buffer.alloc(64 * MIB));
      }
    }, IMPATIENT);

    const slow = send(`${url}/slow`);
    await arrived.promise;
    const client = ask(url);

    expect((await slow).body.toString()).toBe('done');
    client.destroy();
  });
});

describe('an address that can not be had', () => {
  test('is refused with the name of PORT where it is taken', async () => {
    const { server } = await listening(async () => {});

    await expect(
      LocalServer.listen({ host: '127.0.0.1', port: server.port }, async () => {}),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `PORT ${server.port} of HOST 127.0.0.1 is taken; stop what listens there, or set PORT to another (0 for any)`,
    });
  });

  test('is refused with the name of HOST where it is not of this machine', async () => {
    await expect(
      LocalServer.listen({ host: '192.0.2.1', port: 0 }, async () => {}),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('HOST 192.0.2.1 is no address of this machine'),
    });
  });
});
