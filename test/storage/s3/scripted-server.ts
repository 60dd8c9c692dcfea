/**
 * An S3Store whose server answers one request after the other by a script, for faults that no real
 * server shows on demand.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { S3Store, type S3StoreOptions } from '../../../storage/s3/s3-store.ts';

export type Step = (request: IncomingMessage, response: ServerResponse) => void;

const ends: (() => Promise<void>)[] = [];

afterEach(stopServers);

export async function stopServers(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}

/** A store whose server answers by `steps`, and what came; after the last step it answers 500. */
export async function scripted(...steps: readonly Step[]) {
  return scriptedWith({}, ...steps);
}

export async function scriptedWith(options: Partial<S3StoreOptions>, ...steps: readonly Step[]) {
  const came: string[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const step = steps[came.length];
    came.push(String(request.method));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      if (step === undefined) response.writeHead(500).end();
      else step(request, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const store = new S3Store({
    connect: sdkS3,
    bucket: 'packages',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AK', secretAccessKey: 'SK' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    addressing: 'auto',
    integrity: 'checksum',
    clock: () => new Date(),
    newId: () => 'our-write',
    ...options,
  });
  ends.push(async () => {
    await store.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { store, came, bodies };
}

export const says =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Step =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

export const fails = (status: number, code: string, message = 'no'): Step =>
  says(
    status,
    { 'content-type': 'application/xml' },
    `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
