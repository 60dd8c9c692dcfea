/** The composition over a disk and an embedded catalog, as the server makes it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { hashSecret, parseToken } from '../../core/access/access.ts';
import type { TokenRecord } from '../../core/records.ts';
import { compose } from '../../local/compose.ts';
import { createHandlers } from '../../local/handlers.ts';
import { readSettings } from '../../open/settings/server-settings.ts';
import { type CallOptions, eventOf } from '../service/events.ts';

const TOKEN = `stw_abcdefgh_${'A'.repeat(43)}`;
const adminToken: TokenRecord = {
  tokenId: 'abcdefgh',
  secretSha256: hashSecret(parseToken(TOKEN)?.secret ?? ''),
  name: 'ADMIN_TOKEN',
  scopes: ['admin'],
  createdAt: '2026-11-22T12:00:00.000Z',
  createdBy: 'settings',
};
const parts = {
  signingKey: new Uint8Array(32).fill(1),
  publicUrl: 'http://127.0.0.1:8787',
  log: pino({ level: 'silent' }),
  adminToken,
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-compose-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('handlers over disk and SQLite keep their records and cursors over a restart', async () => {
  const settings = readSettings({ STORAGE_LOCAL_PATH: folder });
  const call = async (run: (handlers: ReturnType<typeof createHandlers>) => Promise<void>) => {
    const composition = await compose(settings, parts);
    await run(createHandlers(composition.services)).finally(() => composition.close());
  };
  const event = (options: CallOptions) => eventOf({ token: TOKEN, ...options });
  const context = { awsRequestId: 'test' };
  let cursor = '';

  await call(async (handlers) => {
    for (const versionId of ['1.0.0', '2.0.0']) {
      const body = { packageId: 'a', ext: 'zip', size: 1, sha256: '0'.repeat(64) };
      const created = await handlers.createPackage(
        event({ method: 'POST', path: { versionId }, body }),
        context,
      );
      expect(created.statusCode).toBe(201);
    }
    const page = await handlers.listVersions(event({ query: { limit: '1' } }), context);
    cursor = JSON.parse(page.body ?? '').nextCursor;
  });

  await call(async (handlers) => {
    const page = await handlers.listVersions(event({ query: { limit: '1', cursor } }), context);
    expect(JSON.parse(page.body ?? '').items).toHaveLength(1);
  });
  expect(await readdir(folder)).toContain('.stowage');
});

test.each([
  ['the limit of a token', { MAX_PENDING_BYTES_PER_TOKEN: '10' }, 6, 429],
  ['the limit of all', { MAX_PENDING_BYTES: '10' }, 6, 507],
  // 5 TiB each: no machine that runs tests has room for three.
  ['the room on the disk', { MAX_PACKAGE_BYTES: '5497558138880' }, 5_497_558_138_880, 507],
])('announcements end at %s', async (_, env, size, status) => {
  const composition = await compose(readSettings({ STORAGE_LOCAL_PATH: folder, ...env }), parts);
  const handlers = createHandlers(composition.services);
  const announce = async (packageId: string) => {
    const body = { packageId, ext: 'zip', size, sha256: '0'.repeat(64) };
    const event = eventOf({ token: TOKEN, method: 'POST', path: { versionId: '1' }, body });
    return (await handlers.createPackage(event, { awsRequestId: 'test' })).statusCode;
  };

  const statuses = [];
  for (let index = 0; index < 3; index++) statuses.push(await announce(`p${index}`));
  await composition.close();

  expect(statuses.at(-1)).toBe(status);
});

test.each([
  [{}, 'single', 'multipart'],
  [{ SINGLE_UPLOAD_BYTES: '5' }, 'multipart', 'multipart'],
  [{ SINGLE_UPLOAD_BYTES: '5368709120' }, 'single', 'single'],
])('with %j 6 bytes go as %s and 200 MB as %s', async (env, small, large) => {
  const composition = await compose(readSettings({ STORAGE_LOCAL_PATH: folder, ...env }), parts);
  const handlers = createHandlers(composition.services);
  const methodOf = async (packageId: string, size: number) => {
    const body = { packageId, ext: 'zip', size, sha256: '0'.repeat(64) };
    const event = eventOf({ token: TOKEN, method: 'POST', path: { versionId: '1' }, body });
    const created = await handlers.createPackage(event, { awsRequestId: 'test' });
    return JSON.parse(created.body ?? '').upload.method;
  };

  const methods = [await methodOf('small', 6), await methodOf('large', 200_000_000)];
  await composition.close();

  expect(methods).toEqual([small, large]);
});

test('a catalog that cannot be opened is an error, and leaves nothing open', async () => {
  const settings = readSettings({
    STORAGE_LOCAL_PATH: folder,
    CATALOG_PATH: join(folder, 'none', 'catalog.db'),
  });

  await expect(compose(settings, parts)).rejects.toMatchObject({ name: 'ServiceError' });
});

test('S3 and DynamoDB are opened without a call to either', async () => {
  const settings = readSettings({
    STORAGE_LOCAL_PATH: folder,
    STORAGE_TYPE: 's3',
    S3_BUCKET: 'releases',
    // Nothing listens there.
    S3_ENDPOINT: 'http://127.0.0.1:1',
    S3_ACCESS_KEY: 'AKID',
    S3_SECRET_KEY: 'secret',
    CATALOG_TYPE: 'dynamodb',
    TABLE_NAME: 'stowage',
    AWS_REGION: 'eu-central-1',
    DYNAMODB_ENDPOINT: 'http://127.0.0.1:1',
    URL_SIGNING_KEY: 'k'.repeat(32),
  });

  const { services, disk, probe, close } = await compose(settings, parts);

  expect({ store: services.store.name, disk }).toEqual({ store: 's3', disk: undefined });
  await expect(probe()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/S3_ENDPOINT/),
  });
  await close();
});

test('two stores are open side by side, and both are asked whether they are there', async () => {
  const settings = readSettings({
    STORAGE_LOCAL_PATH: folder,
    STORAGE_FALLBACK: 's3',
    S3_BUCKET: 'files',
    S3_ACCESS_KEY: 'key',
    S3_SECRET_KEY: 'secret',
    S3_ENDPOINT: 'http://127.0.0.1:1',
  });

  const { services, disk, probe, close } = await compose(settings, parts);

  expect([services.store.name, services.fallback?.name, disk?.store.name]).toEqual([
    'local',
    's3',
    'local',
  ]);
  await expect(probe()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/S3_ENDPOINT/),
  });
  await close();
});

test('what is on this machine needs no probe', async () => {
  const { disk, probe, close } = await compose(readSettings({ STORAGE_LOCAL_PATH: folder }), parts);

  await probe();

  expect(disk?.store.name).toBe('local');
  await close();
});
