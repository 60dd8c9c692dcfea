/** What the command says about a proxy in front of the service, and about a wrong PUBLIC_URL. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HostileServer, json, problem, type Reply } from './hostile-server.ts';
import { runCli, temporaryFolder } from './house.ts';

const MIB = 1024 * 1024;

let folder: string;
let service: HostileServer;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'file.bin'), Buffer.alloc(2 * MIB));
  service = await HostileServer.listen();
});
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

function refuse(body: string): Reply {
  return (request, response) => {
    request.resume();
    response.writeHead(413, { 'content-type': 'text/html', server: 'nginx/1.22.1' }).end(body);
  };
}

function push(address = `${service.url}/blob`) {
  const expiresAt = '2999-01-01T00:00:00Z';
  const request = { method: 'PUT', url: address, headers: {}, expiresAt };
  const made = { versionId: '1.0.0', packageId: 'file', ext: 'bin', state: 'pending' };
  const created = {
    package: { ...made, size: 2 * MIB },
    upload: { method: 'single', request, expiresAt },
  };
  service.on('POST /v1/versions/1.0.0/packages', json(created, 201));
  return runCli(['push', 'file.bin', '--version', '1.0.0'], {
    cwd: folder,
    env: { STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_token' },
  });
}

test('a proxy that limits the size of bodies is named as the one that refused', async () => {
  service.on('PUT /blob', refuse('<html><head><title>413 Request Entity Too Large</title></html>'));

  const ran = await push();

  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain(
    `a proxy in front of ${service.url} (nginx/1.22.1) refused the bytes: status 413, the body is larger than it lets through (STORAGE_REFUSED)`,
  );
  expect(ran.stderr).toContain('client_max_body_size 0');
  expect(ran.stderr).not.toContain('the storage refused');
});

test('a store that refuses a size by itself is not taken for a proxy', async () => {
  service.on('PUT /blob', refuse('<Error><Code>EntityTooLarge</Code></Error>'));

  const ran = await push();

  expect(ran.stderr).toContain('the storage refused the bytes: status 413, EntityTooLarge');
  expect(ran.stderr).not.toContain('proxy');
});

test('a wrong PUBLIC_URL is named, and not a setting of another store', async () => {
  const missing = problem(409, { code: 'NOT_UPLOADED', detail: 'nothing is there' });
  service.on('POST /v1/versions/1.0.0/packages/file/complete', missing);

  const ran = await push(
    'http://wrong.invalid/blobs/packages/1.0.0/file.bin?expires=9&signature=x',
  );

  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('no answer from http://wrong.invalid');
  expect(ran.stderr).toContain(
    `the service at ${service.url} names http://wrong.invalid as its own address: is its PUBLIC_URL right, and does this machine reach it?`,
  );
  expect(ran.stderr).not.toContain('S3_PUBLIC_ENDPOINT');
});
