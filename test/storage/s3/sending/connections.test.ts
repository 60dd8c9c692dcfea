/** Requests without the SDK: large bodies are announced, and a refusal of one is received. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { Connections } from '../../../../storage/s3/sending/connections.ts';

const MIB = 1024 * 1024;

/**
 * Sends `bytes` to a server that handles large bodies by `announced`.
 * @returns response and length
 */
async function sendTo(
  announced: ((request: IncomingMessage, response: ServerResponse) => void) | undefined,
  bytes: number,
): Promise<{ readonly status: number; readonly came: number; readonly connections: number }> {
  let came = 0;
  let connections = 0;
  const take = (request: IncomingMessage, response: ServerResponse) => {
    request.on('data', (chunk: Buffer) => {
      came += chunk.length;
    });
    request.on('end', () => response.writeHead(200).end());
  };
  const server = createServer(take).on('connection', () => {
    connections += 1;
  });
  if (announced !== undefined)
    server.on('checkContinue', (request, response) => {
      if (announced === takesUnasked) take(request, response);
      else announced(request, response);
    });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const open = new Connections('http:');
  try {
    const request = { method: 'PUT', url, headers: {}, expiresAt: new Date() } as const;
    const { status } = await open.send(request, Buffer.alloc(bytes));
    await open.send(request, Buffer.alloc(1));
    return { status, came: came - 1, connections };
  } finally {
    open.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function refuses(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
}

/** Does not say that the body may come. */
function takesUnasked(): void {}

describe('a request without the SDK', () => {
  test('with a large body is refused before the body travels, and the connection is not used again', async () => {
    expect(await sendTo(refuses, 8 * MIB)).toEqual({ status: 404, came: 0, connections: 2 });
  });

  test('with a large body sends it when it is asked to, and the connection stays', async () => {
    expect(await sendTo(undefined, 8 * MIB)).toEqual({
      status: 200,
      came: 8 * MIB,
      connections: 1,
    });
  });

  test('with a large body sends it also to a store that does not answer the question', async () => {
    expect(await sendTo(takesUnasked, 8 * MIB)).toMatchObject({ status: 200, came: 8 * MIB });
  });

  test('with a small body asks nothing', async () => {
    expect(await sendTo(refuses, MIB)).toEqual({ status: 200, came: MIB, connections: 1 });
  });
});
