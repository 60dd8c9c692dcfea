/**
 * The folder of the storage disappears while the server runs, for example when a disk is unmounted.
 * The server reports it, makes no new folder, and goes on when it is back.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { PlainClient, send } from '../support/plain-client.ts';
import { Servings } from './served.ts';

const servings = new Servings();
const PATH = '/packages/1.0/tool.bin';
const bytes = Buffer.from('the bytes');
let folder: string;

beforeEach(async () => {
  folder = await servings.folder();
});
afterEach(() => servings.removeAll());

async function published(environment: Readonly<Record<string, string>> = {}) {
  const { url, token } = await servings.start(folder, environment);
  const client = new PlainClient(url, token);
  await client.push('1.0', 'tool', bytes, 'single');
  return { client, url, token };
}

const away = () => rename(folder, `${folder}.away`);
const back = () => rename(`${folder}.away`, folder);

describe('while the storage folder is away', () => {
  test('a signed link, and the service that sends files itself, answer 503 and not 404', async () => {
    const { client } = await published();
    const link = String((await client.call('GET', PATH)).headers['location']);

    await away();
    const gone = await send(link);
    await back();

    expect(gone.status).toBe(503);
    expect(gone.headers['retry-after']).toBeDefined();
    expect((await send(link)).body.equals(bytes)).toBe(true);
  });

  test('with PRESIGNED_URLS=false the stable link answers 503', async () => {
    const { client } = await published({ PRESIGNED_URLS: 'false' });

    await away();
    const gone = await client.call('GET', PATH);
    await back();

    expect(gone.status).toBe(503);
  });

  test('the service is alive and not ready', async () => {
    const { url } = await published();
    const statuses = async () => [
      (await send(`${url}/healthz`)).status,
      (await send(`${url}/readyz`)).status,
    ];

    await away();
    const gone = await statuses();
    await back();

    expect(gone).toEqual([200, 503]);
  });

  test('an upload is refused with 503, and no empty tree is made in its place', async () => {
    const { client } = await published();
    const created = await client.json<{
      upload: { request: { url: string; headers: Record<string, string> } };
    }>('POST', '/v1/versions/1.0/packages', {
      packageId: 'next',
      ext: 'bin',
      size: bytes.length,
      sha256: sha256Of(bytes),
    });
    const { url, headers } = created.upload.request;

    await away();
    const sent = await send(url, { method: 'PUT', headers, body: bytes });
    const multipart = await client.call('POST', '/v1/versions/1.0/packages', {
      packageId: 'parts',
      ext: 'bin',
      size: bytes.length,
      sha256: sha256Of(bytes),
      method: 'multipart',
    });
    const made = existsSync(folder);
    await back();

    expect([sent.status, multipart.status, made]).toEqual([503, 503, false]);
  });

  test('an empty folder of the same name, as a mount point is, stays empty and is not taken for it', async () => {
    const { client } = await published();
    const link = String((await client.call('GET', PATH)).headers['location']);

    await away();
    await mkdir(folder);
    const gone = await send(link);
    const deleted = await client.call('DELETE', '/v1/versions/1.0/packages/tool');
    const names = await readdir(folder);
    await rm(folder, { recursive: true });
    await back();

    expect([gone.status, deleted.status, names]).toEqual([503, 503, []]);
  });

  test('another tree in its place is not taken for it', async () => {
    const { client } = await published();
    const link = String((await client.call('GET', PATH)).headers['location']);

    await away();
    await mkdir(`${folder}/packages`, { recursive: true });
    await mkdir(`${folder}/.stowage/work`, { recursive: true });
    const gone = await send(link);
    await rm(folder, { recursive: true });
    await back();

    expect(gone.status).toBe(503);
  });
});
