/** The whole service: what a start makes and refuses, the order of errors, and how it stops. */
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PlainClient, send } from '../support/plain-client.ts';
import { allOf, openSocket, Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

const OTHER_TOKEN = `stw_abcdefgh_${'A'.repeat(43)}`;

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

function health(url: string): Promise<number> {
  return send(`${url}/healthz`).then(({ status }) => status);
}

function statusWith(url: string, token: string): Promise<number> {
  return send(`${url}/v1/tokens`, { headers: { authorization: `Bearer ${token}` } }).then(
    ({ status }) => status,
  );
}

describe('the first start', () => {
  test('makes folder, key and admin token, readable only for their owner', async () => {
    const folder = join(await servings.folder(), 'deep', 'storage');

    const { running, url, token } = await servings.start(folder);

    const own = join(folder, '.stowage');
    expect(running).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      publicUrl: running.url,
      firstAdminToken: token,
      adminTokenFile: join(own, 'admin-token'),
    });
    expect(await readFile(join(own, 'url-signing-key'), 'utf8')).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
    expect(JSON.parse(await readFile(join(own, 'server.json'), 'utf8'))).toEqual({
      url,
      pid: process.pid,
    });
    const modes = await Promise.all(
      ['.', 'url-signing-key', 'admin-token', 'server.json'].map((name) => modeOf(join(own, name))),
    );
    expect(modes).toEqual(['700', '600', '600', '600']);
    expect(await statusWith(url, token)).toBe(200);
  });

  test('makes no token where ADMIN_TOKEN is set, and no key where URL_SIGNING_KEY is', async () => {
    const folder = await servings.folder();

    const { running, url } = await servings.start(folder, {
      ADMIN_TOKEN: OTHER_TOKEN,
      URL_SIGNING_KEY: 'k'.repeat(32),
    });

    expect(running.firstAdminToken).toBeUndefined();
    expect(await statusWith(url, OTHER_TOKEN)).toBe(200);
    expect(await readdir(join(folder, '.stowage'))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(admin-token|url-signing-key)$/)]),
    );
  });
});

describe('a later start', () => {
  test('finds key and token again, and shows the token no more', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    const key = await readFile(join(folder, '.stowage', 'url-signing-key'), 'utf8');
    await first.running.stop();

    const second = await servings.start(folder);

    expect(second.running.firstAdminToken).toBeUndefined();
    expect(second.token).toBe(first.token);
    expect(await readFile(join(folder, '.stowage', 'url-signing-key'), 'utf8')).toBe(key);
    expect(await statusWith(second.url, first.token)).toBe(200);
  });

  test('enters the token again where the catalog was lost', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    await first.running.stop();
    await rm(join(folder, '.stowage', 'catalog.db'));

    const second = await servings.start(folder);

    expect(await statusWith(second.url, first.token)).toBe(200);
    await second.book.line(({ msg }) => String(msg).endsWith('begins with an empty one'));
  });

  test('leaves a revoked token revoked, until its file is removed for a new one', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    await new PlainClient(first.url, first.token).call(
      'DELETE',
      `/v1/tokens/${first.token.split('_')[1]}`,
    );
    await first.running.stop();

    const second = await servings.start(folder);
    expect(await statusWith(second.url, first.token)).toBe(401);
    await second.book.line((line) => line['file'] === second.running.adminTokenFile);
    await second.running.stop();
    await rm(second.running.adminTokenFile);
    const third = await servings.start(folder);

    expect(third.running.firstAdminToken).toMatch(/^stw_/);
    expect(await statusWith(third.url, third.token)).toBe(200);
  });

  test('refuses a key file that holds something else, and says what to do', async () => {
    const folder = await servings.folder();
    await mkdir(join(folder, '.stowage'));
    await writeFile(join(folder, '.stowage', 'url-signing-key'), 'too short');

    await expect(servings.start(folder)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(
        /url-signing-key must hold 43 characters of base64url; put the right file back/,
      ),
    });
  });
});

describe('a start that can not be', () => {
  test('on a storage that another server uses is refused, and leaves that server in peace', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);

    await expect(servings.start(folder)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/lock\.db is in use by another server; stop that one/),
    });

    expect(await health(first.url)).toBe(200);
    expect(
      JSON.parse(await readFile(join(folder, '.stowage', 'server.json'), 'utf8')),
    ).toMatchObject({
      url: first.url,
    });
  });

  test('on a catalog that another server uses is refused by the name of the setting, however it is written', async () => {
    const own = await servings.folder();
    await mkdir(join(own, 'data'));
    await symlink(join(own, 'data'), join(own, 'link'));
    const first = await servings.start(join(own, 'one'), {
      CATALOG_PATH: join(own, 'data', 'catalog.db'),
    });
    const second = join(own, 'two');

    for (const path of [join(own, 'data', 'catalog.db'), join(own, 'link', 'catalog.db')]) {
      await expect(servings.start(second, { CATALOG_PATH: path })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: `CATALOG_PATH ${path} is in use by another server; stop that one, or give this one a catalog of its own`,
      });
    }

    expect(await health(first.url)).toBe(200);
    await first.running.stop();
    expect(
      await health(
        (await servings.start(second, { CATALOG_PATH: join(own, 'data', 'catalog.db') })).url,
      ),
    ).toBe(200);
  });

  test('on the catalog within the storage of another server is refused, and the other way round', async () => {
    const own = await servings.folder();
    const catalog = join(own, 'one', '.stowage', 'catalog.db');
    const first = await servings.start(join(own, 'one'));
    expect(await readdir(join(own, 'one', '.stowage'))).not.toContain('catalog.db.lock');

    const refused = servings.start(join(own, 'two'), { CATALOG_PATH: catalog });
    await expect(refused).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`CATALOG_PATH ${catalog} is in use by another server`),
    });
    await first.running.stop();
    await servings.start(join(own, 'two'), { CATALOG_PATH: catalog });

    await expect(servings.start(join(own, 'one'))).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('with a catalog in a folder that is missing is refused by the name of the setting', async () => {
    const path = join(await servings.folder(), 'missing', 'catalog.db');

    await expect(
      servings.start(await servings.folder(), { CATALOG_PATH: path }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(
        `CATALOG_PATH ${path} can't be used: its parent folder is missing`,
      ),
    });
  });

  test('on a port that is taken is refused, and leaves the storage for others', async () => {
    const folder = await servings.folder();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { readonly port: number };

    await expect(servings.start(folder, { PORT: String(port) })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`PORT ${port} of HOST 127.0.0.1 is taken`),
    });

    expect(await health((await servings.start(folder)).url)).toBe(200);
    other.close();
    await once(other, 'close');
  });

  test.each(['.', '.stowage'])(
    'where a file is in the way of %s is refused by the name of the setting',
    async (name) => {
      const folder = join(await servings.folder(), 'storage');
      if (name !== '.') await mkdir(folder);
      await writeFile(join(folder, name), '');

      await expect(servings.start(folder)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: `STORAGE_LOCAL_PATH ${folder} can't be used: a file is in the way; name a folder, or move that file`,
      });
    },
  );

  test('below a missing parent makes that, too', async () => {
    const folder = join(await servings.folder(), 'far', 'away');

    await servings.start(folder);

    expect(await readdir(folder)).toContain('.stowage');
  });

  // Only Linux has such a file system: it says ENOENT although the parent is there.
  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('on a file system that takes no folder is refused at once', async () => {
    await expect(servings.start('/proc/stowage')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('with a catalog that is none closes what it has opened', async () => {
    const folder = await servings.folder();
    await mkdir(join(folder, '.stowage'));
    const catalog = join(folder, '.stowage', 'catalog.db');
    await writeFile(catalog, 'this is no database, and long enough to show it'.repeat(100));

    await expect(servings.start(folder)).rejects.toMatchObject({ code: 'INVALID_INPUT' });

    await rm(catalog);
    expect(await health((await servings.start(folder)).url)).toBe(200);
  });
});

describe('addresses', () => {
  test('links begin with PUBLIC_URL, and the server is found where it listens', async () => {
    const { running, token } = await servings.start(await servings.folder(), {
      PUBLIC_URL: 'https://files.test/base',
    });
    const client = new PlainClient(running.url, token);

    const created = await client.call('POST', '/v1/versions/1/packages', {
      packageId: 'p',
      ext: 'bin',
      size: 1,
      sha256: '0'.repeat(64),
    });

    expect(running.publicUrl).toBe('https://files.test/base');
    expect(JSON.parse(created.body.toString()).upload.request.url).toMatch(
      /^https:\/\/files\.test\/base\/blobs\//,
    );
  });

  test('a server for all addresses is found under one that leads somewhere, and hints at PUBLIC_URL', async () => {
    const { running, book } = await servings.start(await servings.folder(), { HOST: '0.0.0.0' });

    expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await health(running.url)).toBe(200);
    await book.line((line) => String(line['msg']).endsWith('set PUBLIC_URL'));
  });
});

describe('refusals', () => {
  test('come in their order: path, method, token, type, size, content', async () => {
    const { url, token } = await servings.start(await servings.folder());
    const known = { authorization: `Bearer ${token}` };
    const json = { 'content-type': 'application/json' };
    const large = ' '.repeat(300_000);
    const path = `${url}/v1/versions/%20/packages`;
    const requests = [
      send(`${url}/nothing`, { method: 'POST', body: large }),
      send(path, { method: 'PATCH', body: large }),
      send(path, { method: 'POST', body: large }),
      send(path, { method: 'POST', headers: known, body: large }),
      send(path, { method: 'POST', headers: { ...known, ...json }, body: large }),
      send(path, { method: 'POST', headers: { ...known, ...json }, body: '{}' }),
    ];

    const answers = await Promise.all(requests);

    expect(answers.map(({ status }) => status)).toEqual([404, 405, 401, 415, 413, 400]);
    for (const { headers, body } of answers) {
      expect(JSON.parse(body.toString())).toMatchObject({ instance: headers['x-request-id'] });
    }
  });

  test.each([
    [413, (token: string) => `Authorization: Bearer ${token}\r\n`],
    [401, () => ''],
  ])('of 20 MB are read by the client as a %i', async (status, authorization) => {
    const { url, token } = await servings.start(await servings.folder());
    const socket = openSocket(url);
    const all = allOf(socket);
    const size = 20_000_000;

    socket.write(
      `POST /v1/tokens HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n${authorization(token)}\r\n`,
    );
    socket.end(Buffer.alloc(size, ' '));

    expect(await all).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} .*connection: close.*"instance":"[0-9a-f-]+".*\\}$`, 'is'),
    );
  });
});

describe('an end', () => {
  test('closes the port, takes server.json away and frees the storage; it may be asked for twice', async () => {
    const folder = await servings.folder();
    const { running, url } = await servings.start(folder);

    await Promise.all([running.stop(), running.stop()]);

    await expect(health(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await readdir(join(folder, '.stowage'))).not.toContain('server.json');
    expect(await health((await servings.start(folder)).url)).toBe(200);
  });

  test('lets an upload that is coming in be stored', async () => {
    const folder = await servings.folder();
    const { running, url, token } = await servings.start(folder);
    const client = new PlainClient(url, token);
    const { upload } = await client.json<{
      upload: { request: { url: string; headers: Record<string, string> } };
    }>(
      'POST',
      '/v1/versions/1/packages',
      // SHA-256 of "abcdef"
      {
        packageId: 'p',
        ext: 'bin',
        size: 6,
        sha256: 'bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721',
      },
    );
    const socket = openSocket(url);
    const all = allOf(socket);
    const target = new URL(upload.request.url);
    const headers = Object.entries({
      ...upload.request.headers,
      host: target.host,
      expect: '100-continue',
    });
    const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(
      `PUT ${target.pathname}${target.search} HTTP/1.1\r\n${head}Content-Length: 6\r\n\r\n`,
    );
    // The gateway says so when it has taken the request up.
    await once(socket, 'data');

    const stopped = running.stop();
    socket.write('abcdef');

    expect(await all).toMatch(/HTTP\/1\.1 200 .*x-request-id: /is);
    await stopped;
    expect(await readFile(join(folder, 'packages', '1', 'p.bin'), 'utf8')).toBe('abcdef');
  });
});
