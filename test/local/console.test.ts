/** The files of the console on the local server: which requests get them, and with which headers. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConsole } from '../../local/console/console.ts';
import { readConsoleFiles } from '../../local/console/console-files.ts';
import { send } from '../support/plain-client.ts';
import { Servings } from './served.ts';

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-console-files-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'main-ABCD1234.js'), 'export {};');
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.md'), 'MIT');
  const listener = createConsole({
    files: await readConsoleFiles(folder),
    connectTo: ['https://api.test', 'https://bucket.test', 'https://api.test'],
    next: async (_request, response) => {
      response.writeHead(404).end('next');
    },
  });
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function policyOf(path: string): Promise<Readonly<Record<string, string>>> {
  const text = (await fetch(`${url}${path}`)).headers.get('content-security-policy') ?? '';
  return Object.fromEntries(
    text.split('; ').map((rule) => {
      const [name = '', ...values] = rule.split(' ');
      return [name, values.join(' ')];
    }),
  );
}

test('the page is checked for news each time, and files with a hash in their name are kept', async () => {
  const page = await fetch(`${url}/console/`);
  const script = await fetch(`${url}/console/main-ABCD1234.js`);

  expect([page.headers.get('content-type'), page.headers.get('cache-control')]).toEqual([
    'text/html; charset=utf-8',
    'no-cache',
  ]);
  expect([script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
    'text/javascript; charset=utf-8',
    'public, max-age=31536000, immutable',
  ]);
  expect(await script.text()).toBe('export {};');
});

test('a page that has not changed is not sent again', async () => {
  const { headers } = await fetch(`${url}/console/`);
  const again = await fetch(`${url}/console/`, {
    headers: { 'if-none-match': headers.get('etag') ?? '' },
  });

  expect(again.status).toBe(304);
});

test('a name that only looks as if it had a hash is checked for news each time', async () => {
  const { headers } = await fetch(`${url}/console/THIRD-PARTY-LICENSES.md`);

  expect(headers.get('cache-control')).toBe('no-cache');
});

test.each([
  ['gzip', 'gzip'],
  ['br, gzip;q=0.5', 'gzip'],
  ['gzip;q=0', undefined],
  ['identity', undefined],
])('to a browser that takes %s, it is sent in the coding %s', async (accepted, coding) => {
  const { headers } = await send(`${url}/console/`, { headers: { 'accept-encoding': accepted } });

  expect(headers['content-encoding']).toBe(coding);
});

test.each(['*', '"other", TAG', 'STRONG'])(
  'a browser that has it as %s does not get it again',
  async (known) => {
    const tag = String((await send(`${url}/console/`)).headers['etag']);
    const text = known.replace('TAG', tag).replace('STRONG', tag.replace('W/', ''));

    expect((await send(`${url}/console/`, { headers: { 'if-none-match': text } })).status).toBe(
      304,
    );
  },
);

test('it may load its own scripts, and send requests to the API and the storage alone', async () => {
  expect(await policyOf('/console/')).toEqual({
    'default-src': "'none'",
    'script-src': "'self' 'wasm-unsafe-eval'",
    'style-src': "'self'",
    'img-src': "'self'",
    'worker-src': "'self'",
    'connect-src': "'self' https://api.test https://bucket.test",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': 'stowage-console',
  });
});

test('its script has the same policy, which its worker inherits', async () => {
  expect(await policyOf('/console/main-ABCD1234.js')).toEqual(await policyOf('/console/'));
});

test('the address without a slash leads to the page', async () => {
  const answer = await fetch(`${url}/console`, { redirect: 'manual' });

  expect([answer.status, answer.headers.get('location')]).toEqual([308, 'console/']);
});

test.each([
  ['GET', '/console/none.js'],
  ['GET', '/console/..%2findex.html'],
  ['GET', '/consoles/'],
  ['POST', '/console/'],
  ['GET', '/'],
])('%s %s is not for the console', async (method, path) => {
  expect(await (await fetch(`${url}${path}`, { method })).text()).toBe('next');
});

test('a console that was not built has no files', async () => {
  expect((await readConsoleFiles(join(folder, 'none'))).size).toBe(0);
});

describe('CONSOLE=false', () => {
  const servings = new Servings();
  afterAll(() => servings.removeAll());

  test('leaves its address to the API, which has nothing there', async () => {
    const { url: service } = await servings.start(await servings.folder(), { CONSOLE: 'false' });

    const answer = await fetch(`${service}/console/`);

    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ]);
  });
});
