/** The example of a page that uploads, in a real browser, from another origin than the service. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { itemsOf } from '../../client/pages.ts';
import { StowageClient } from '../../client/public/client.ts';
import { CHROMIUM, Desk } from './browser.ts';

const root = join(import.meta.dirname, '..', '..');
const EXAMPLE = join(root, 'examples', 'browser-upload');
const MIB = 1024 * 1024;
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Builds the example as its README says. */
async function buildExample(folder: string): Promise<void> {
  await build({
    entryPoints: {
      upload: join(EXAMPLE, 'upload.js'),
      'hash-worker': join(root, 'client', 'hashing', 'hash-worker.ts'),
    },
    alias: { 'stowage/client': join(root, 'client', 'public', 'client.ts') },
    bundle: true,
    format: 'esm',
    outdir: folder,
    logLevel: 'error',
  });
  await writeFile(join(folder, 'index.html'), await readFile(join(EXAMPLE, 'index.html')));
}

/** The server of the page: static files, and the token. */
async function servePage(folder: string, tokenOf: () => string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = request.url?.replace(/\?.*/, '') ?? '/';
    if (path === '/token') return response.end(tokenOf());
    const name = path === '/' ? 'index.html' : path.slice(1);
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    response.writeHead(bytes === undefined ? 404 : 200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    });
    return response.end(bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

if (CHROMIUM === undefined) {
  test.skip('Chromium is not installed: npm run servers -- Chromium', () => {});
}

(CHROMIUM === undefined ? describe.skip : describe)('a page of another origin', () => {
  let folder: string;
  let server: Server;
  let origin: string;
  let allowed: Desk;
  let refusing: Desk;
  let token: () => string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-upload-page-'));
    await buildExample(folder);
    server = await servePage(folder, () => token());
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    allowed = await Desk.open({ CORS_ORIGINS: origin });
    refusing = await Desk.open();
  });
  afterAll(async () => {
    await Promise.all([allowed?.close(), refusing?.close()]);
    server.close();
    await rm(folder, { recursive: true });
  });

  async function open(desk: Desk): Promise<Page> {
    token = () => desk.token;
    const page = await desk.page();
    await page.goto(`${origin}/?service=${encodeURIComponent(desk.server.url)}`);
    return page;
  }

  test('uploads a file in parts, hashed by the worker', async () => {
    const page = await open(allowed);
    const path = join(folder, 'tool.bin');
    const bytes = randomBytes(40 * MIB);
    await writeFile(path, bytes);
    const workers: string[] = [];
    page.on('worker', (worker) => workers.push(worker.url()));

    await page.getByLabel('Files').setInputFiles(path);
    await page.getByText('tool.bin: published, 100 %').waitFor();

    const client = new StowageClient({ url: allowed.server.url, token: allowed.token });
    const [published] = await itemsOf(client.listPackages('1.0.0'));
    expect(published?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(workers).toEqual([`${origin}/hash-worker.js`]);
  });

  test('learns at once that the service refuses it, and what to do', async () => {
    const page = await open(refusing);
    let requests = 0;
    page.on('request', (request) => {
      if (request.url().startsWith(refusing.server.url)) requests += 1;
    });

    await page
      .getByLabel('Files')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
    await page.getByText(`add it to CORS_ORIGINS of the service`).waitFor();

    expect(await page.getByRole('listitem').textContent()).toContain('a.txt: CORS_REFUSED');
    expect(requests).toBeLessThanOrEqual(4);
  });
});
