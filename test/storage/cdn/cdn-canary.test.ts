/** The canary: a small object behind the CDN, fetched by a link that the new key signs. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makePrivateKeyPem, publicPemOf, readPrivateKey } from '../../../core/cdn-keys/key-pair.ts';
import { CdnCanary } from '../../../storage/cdn/cdn-canary.ts';
import { S3Bucket } from '../../../storage/s3/bucket/s3-bucket.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { refusalOf } from './cdn-verifier.ts';

const NOW = new Date('2026-01-02T03:04:05.000Z');
const key = { keyId: 'K1', privateKeyPem: makePrivateKeyPem() };

/** Bucket and CDN in one: `/bucket/...` is the one, the rest the other. */
let server: Server;
let stored: Map<string, string>;
let trusted: Map<string, string>;
let seen: string[];
/** An object that exists stays. */
let isKept: boolean;
beforeEach(async () => {
  stored = new Map();
  trusted = new Map([['K1', publicPem()]]);
  seen = [];
  isKept = false;
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = (request.url ?? '').split('?')[0] ?? '';
    seen.push(`${request.method} ${path}`);
    if (request.method === 'PUT') {
      if (!isKept) stored.set(path, Buffer.concat(chunks).toString());
      return void response.writeHead(200).end();
    }
    const refusal = refusalOf(`${urlOf(server)}${request.url}`, trusted, NOW);
    if (refusal !== undefined) return void response.writeHead(403).end(errorXml('AccessDenied'));
    const text = stored.get(`/bucket/pre${path}`);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function publicPem(): string {
  const privateKey = readPrivateKey(key.privateKeyPem);
  if (privateKey === undefined) throw new Error('not a key');
  return publicPemOf(privateKey);
}

function urlOf(listening: Server): string {
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

function errorXml(code: string): string {
  return `<Error><Code>${code}</Code><Message>no</Message></Error>`;
}

function canary(domain = urlOf(server)): CdnCanary {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const where = {
    bucket: 'bucket',
    region: 'us-east-1',
    endpoint: urlOf(server),
    credentials,
    prefix: 'pre',
  };
  const bucket = new S3Bucket({ ...where, addressing: 'path', integrity: 'checksum' }, sdkS3);
  return new CdnCanary({ bucket, domain, clock: () => NOW });
}

test('a key that the CDN trusts gets the canary', async () => {
  expect(await canary().try(key)).toBeUndefined();

  expect(seen).toEqual(['PUT /bucket/pre/canary/cdn-key.txt', 'GET /canary/cdn-key.txt']);
});

test('a canary of an older release, or of somebody else, is replaced', async () => {
  stored.set('/bucket/pre/canary/cdn-key.txt', 'another text');

  expect(await canary().try(key)).toBeUndefined();
});

test('a key that the CDN does not trust yet gets a refusal, in the words of the CDN and without the link', async () => {
  trusted.clear();

  expect(await canary().try(key)).toBe('status 403 (AccessDenied)');
});

test('what is not the canary is no proof', async () => {
  stored.set('/bucket/pre/canary/cdn-key.txt', 'a page that asks for a login');
  isKept = true;

  expect(await canary().try(key)).toBe('status 200');
});

test('a CDN that does not answer is no proof', async () => {
  const cdn = createServer((request) => request.socket.destroy());
  cdn.listen(0, '127.0.0.1');
  await once(cdn, 'listening');

  const answer = await canary(urlOf(cdn)).try(key);
  cdn.close();

  expect(answer).toMatch(/^no answer \((?!.*Signature)/);
});

test('a damaged key is no proof, and nothing is asked', async () => {
  expect(await canary().try({ keyId: 'K1', privateKeyPem: 'torn' })).toBe(
    'the private key can not be read',
  );
  expect(seen).toEqual([]);
});
