/**
 * A host that does not answer is named for what it is: the service, or the store to which the
 * service sends bytes.
 */
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { explain } from '../../cli/command/explain.ts';
import { StowageError } from '../../client/stowage-error.ts';
import { HostileServer, json, problem } from './hostile-server.ts';
import { runCli, temporaryFolder } from './house.ts';

let folder: string;
let service: HostileServer;
/** An address where nothing listens. */
let store: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'file.bin'), 'file');
  service = await HostileServer.listen();
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  store = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
  gone.close();
  await once(gone, 'close');
});
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

test('a push whose store is down names the store, and does not ask for the service, which runs', async () => {
  const expiresAt = '2999-01-01T00:00:00Z';
  const request = {
    method: 'PUT',
    url: `${store}/bucket/file.bin?signature=x`,
    headers: {},
    expiresAt,
  };
  const made = { versionId: '1.0.0', packageId: 'file', ext: 'bin', state: 'pending', size: 4 };
  const created = { package: made, upload: { method: 'single', request, expiresAt } };
  service.on('POST /v1/versions/1.0.0/packages', json(created, 201));
  const missing = problem(409, { code: 'NOT_UPLOADED', detail: 'nothing is there' });
  service.on('POST /v1/versions/1.0.0/packages/file/complete', missing);

  const ran = await runCli(['push', 'file.bin', '--version', '1.0.0'], {
    cwd: folder,
    env: { STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_token' },
  });

  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain(`no answer from ${store}`);
  expect(ran.stderr).toContain(
    `${store} is the store to which the service at ${service.url} sends us`,
  );
  expect(ran.stderr).not.toContain('is the service running?');
});

const about = {
  url: 'http://127.0.0.1:8787',
  urlFrom: 'STOWAGE_URL',
  token: 'x',
  tokenFrom: 'x',
  tokenPlaces: [],
};

test.each([
  [
    'the service',
    'http://127.0.0.1:8787',
    /^is the service running\? http:\/\/127\.0\.0\.1:8787 comes from STOWAGE_URL/,
  ],
  ['the service by another name', 'http://localhost:8787', /^is the service running\?/],
  ['a store', 'https://minio.test:9000', /^https:\/\/minio\.test:9000 is the store to which/],
  ['what broke off', undefined, /^run the same command again/],
])('the advice is about %s that gave no answer', (_, origin, hint) => {
  const error = new StowageError('UNREACHABLE', 'no answer', { origin });

  expect(explain(error, { connection: about }).hint).toMatch(hint);
});
