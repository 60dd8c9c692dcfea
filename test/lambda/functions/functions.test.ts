/**
 * Every function as Lambda invokes it: from an announced package to a link, without a complete, with
 * events of all kinds, and while AWS refuses requests.
 */
import { createHash, verify as verifySignature } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SQSBatchResponse } from 'aws-lambda';
import { type OperationId, ROUTES, type Route } from '../../../api/routes.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import { CDN, contextWith, FunctionsHouse, objectCreatedEvent } from './functions-house.ts';

const binary = findVersitygw();
const BYTES = Buffer.from('the bytes of a package');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

(binary === undefined ? describe.skip : describe)('the functions, over versitygw', () => {
  let server: S3Server;
  let house: FunctionsHouse;

  beforeAll(async () => {
    server = await startVersitygw(binary ?? '');
    house = await FunctionsHouse.open(server);
  });

  afterAll(async () => {
    await house.close();
    await server.stop();
  });

  function happened(key: string, bucket = house.s3.bucket): Promise<void> {
    return house.functions.objectCreated(objectCreatedEvent(bucket, key), contextWith());
  }

  function message(body: string): Promise<SQSBatchResponse> {
    return house.functions.verify({ Records: [{ messageId: 'm1', body }] }, contextWith());
  }

  /** Of a request without a token; all others answer 401, or 200 where none is needed. */
  const OWN_STATUS: Partial<Record<OperationId, number>> = {
    // A link for people that is not there.
    followLink: 404,
    exchangeToken: 400,
    // Functions make no statements.
    getReleaseKeys: 501,
  };

  test('serve the routes of their privilege, and no others', async () => {
    const { publish, downloadS3, downloadCdn, catalog, release, exchange, admin } = house.functions;
    const names: Readonly<Record<string, string>> = {
      versionId: '0.0.0',
      packageId: 'none',
      file: 'none.zip',
      channel: 'none',
      tokenId: 'none',
    };
    for (const id of Object.keys(ROUTES) as OperationId[]) {
      const variables = [...ROUTES[id].path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const path = Object.fromEntries(variables.map((name) => [name, names[name] ?? '']));
      for (const [handler, privilege] of [
        [publish, 'publish'],
        [downloadS3, 'download'],
        [downloadCdn, 'download'],
        [catalog, 'catalog'],
        [release, 'release'],
        [exchange, 'exchange'],
        [admin, 'admin'],
      ] as const) {
        const { status } = await house.call(handler, id, { path });
        // The first page says how to sign in.
        const isOpen = ROUTES[id].access === 'none' || id === 'getIndex';
        const expected =
          ROUTES[id].privilege !== privilege ? 404 : (OWN_STATUS[id] ?? (isOpen ? 200 : 401));
        expect({ id, privilege, status }).toEqual({ id, privilege, status: expected });
      }
    }
  });

  test('count the tokens that they refuse', async () => {
    house.lines.length = 0;
    const { status } = await house.call(house.functions.downloadCdn, 'downloadPackage', {
      path: { versionId: '1.0.0', file: 'tool.bin' },
      headers: { authorization: `Bearer stw_nobody00_${'x'.repeat(43)}` },
    });

    expect(status).toBe(401);
    expect(house.lines.filter((line) => line.includes('"TokensRefused":1'))).toHaveLength(1);
  });

  test('the one for administration makes upload grants, the one for publishing takes them, no other does', async () => {
    const upload = { versionId: '1.9.0', packageId: 'tool' };
    const made = await house.call(house.functions.admin, 'createToken', {
      token: await house.token(['publish']),
      body: { upload },
    });
    const { token } = made.json;
    const names = { ...upload, file: 'tool.bin', channel: 'none', tokenId: 'self0000' };
    const body = { ext: 'bin', size: BYTES.length, sha256: SHA256 };
    const { publish, downloadS3: download, catalog, release, exchange, admin } = house.functions;
    const byPrivilege = { publish, download, catalog, release, exchange, admin };

    for (const [id, route] of Object.entries(ROUTES) as [OperationId, Route][]) {
      if (route.grants === true || route.access === 'none') continue;
      const { status } = await house.call(byPrivilege[route.privilege], id, { token, path: names });
      expect({ id, status }).toEqual({ id, status: 403 });
    }
    const path = { versionId: upload.versionId };
    const rivals = await Promise.all(
      [SHA256, '0'.repeat(64), '1'.repeat(64)].map((sha256) =>
        house.call(publish, 'createPackage', { token, path, body: { ...body, sha256 } }),
      ),
    );
    const given = await house.call(publish, 'abortUpload', { token, path: upload });
    const created = await house.call(publish, 'createPackage', { token, path, body });
    const { url, headers } = created.json.upload.request;
    await fetch(url, { method: 'PUT', headers, body: BYTES });
    const seen = await house.call(publish, 'getUpload', { token, path: upload });
    const done = await house.call(publish, 'completeUpload', { token, path: upload });

    expect(rivals.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect([made.status, given.status]).toEqual([201, 204]);
    expect([created.status, seen.status]).toEqual([201, 200]);
    expect(done.json.package).toMatchObject({ ...upload, state: 'available' });
    await house.remove(upload);
  });

  test('publish when the bytes arrive, even without a complete, and count it once', async () => {
    const path = await house.upload('1.0.0+1', 'tool', BYTES, SHA256);
    house.lines.length = 0;
    const key = 'packages/1.0.0+1/tool.bin';

    await happened(key);
    await happened(key);

    expect((await house.record(path))?.state).toBe('available');
    const counted = house.lines.filter((line) => line.includes('UploadsPublished'));
    expect(counted.map((line) => JSON.parse(line))).toMatchObject([
      { service: 'stage', UploadsPublished: 1, UploadedBytes: BYTES.length },
    ]);
    await house.remove(path);
  });

  test('hand out links to the bucket that work, and links to the CDN that its public key proves', async () => {
    const path = await house.upload('1.1.0', 'tool', BYTES, SHA256);
    const publisher = await house.token(['publish']);
    const completed = await house.call(house.functions.publish, 'completeUpload', {
      token: publisher,
      path,
    });
    expect(completed.json.package.state).toBe('available');
    const token = await house.token(['read']);
    const file = { versionId: '1.1.0', file: 'tool.bin' };

    const toBucket = await house.call(house.functions.downloadS3, 'downloadPackage', {
      token,
      path: file,
    });
    const toCdn = await house.call(house.functions.downloadCdn, 'downloadPackage', {
      token,
      path: file,
    });

    expect([toBucket.status, toCdn.status]).toEqual([302, 302]);
    const got = await fetch(toBucket.headers['location'] ?? '');
    expect(Buffer.from(await got.arrayBuffer())).toEqual(BYTES);
    const link = new URL(toCdn.headers['location'] ?? '');
    expect(link.host + link.pathname).toBe(`${CDN}/packages/1.1.0/tool.bin`);
    const expires = link.searchParams.get('Expires');
    const resource = `https://${CDN}${link.pathname}`;
    const policy = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
    const signature = (link.searchParams.get('Signature') ?? '').replace(
      /[-_~]/g,
      (char) => ({ '-': '+', _: '=' })[char] ?? '/',
    );
    expect(
      verifySignature(
        'sha256',
        Buffer.from(policy),
        house.cdnKey,
        Buffer.from(signature, 'base64'),
      ),
    ).toBe(true);
    await house.remove(path);
  });

  test('answer update clients with a signature that they read by a link of their own', async () => {
    const signature = Buffer.from('untrusted comment: a\nb\ntrusted comment: c\nd\n');
    const text = Buffer.from(signature.toString('base64'));
    const [publisher, release] = [await house.token(['publish']), await house.token(['release'])];
    const put = async (filename: string, bytes: Buffer) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const id = filename.replaceAll('.', '-');
      const path = await house.upload('1.2.0', id, bytes, sha256, 'single', { filename });
      await house.call(house.functions.publish, 'completeUpload', { token: publisher, path });
      return path;
    };
    const uploaded = [
      await put('App_amd64.AppImage', BYTES),
      await put('App_amd64.AppImage.sig', text),
    ];
    await house.call(house.functions.release, 'putChannel', {
      token: release,
      path: { channel: 'tauri' },
      body: { versionId: '1.2.0' },
    });
    const path = { channel: 'tauri', target: 'linux', arch: 'x86_64', currentVersion: '1.1.0' };

    house.lines.length = 0;
    const answer = await house.call(house.functions.downloadS3, 'getTauriUpdate', {
      token: release,
      path,
    });

    expect([answer.status, answer.json.signature]).toEqual([200, text.toString()]);
    // It hands out no link.
    expect(house.lines.filter((line) => line.includes('LinksIssued'))).toEqual([]);
    expect(answer.json.url).toMatch(/\/channels\/tauri\/App_amd64\.AppImage\?at=1\.2\.0$/);
    for (const one of uploaded) await house.remove(one);
  });

  test('verify what came in parts: the queue is asked, the bytes are joined, read and published', async () => {
    const path = await house.upload('2.0.0', 'large', BYTES, SHA256, 'multipart');
    const token = await house.token(['publish']);
    house.aws.messages.length = 0;

    const completed = await house.call(house.functions.publish, 'completeUpload', { token, path });
    const again = await house.call(house.functions.publish, 'completeUpload', { token, path });
    const [body = ''] = house.aws.messages;

    expect([completed.status, again.status, house.aws.messages.length]).toEqual([202, 202, 1]);
    expect(await message(body)).toEqual({ batchItemFailures: [] });
    expect((await house.record(path))?.state).toBe('available');
    expect(await message(body)).toEqual({ batchItemFailures: [] });
    await house.remove(path);
  });

  test.each([
    '',
    'no JSON',
    '{}',
    '{"versionId":"../x","packageId":"a","attemptId":"1","touchedAt":"2026"}',
  ])('let a message go that is no ticket: %j', async (body) => {
    expect(await message(body)).toEqual({ batchItemFailures: [] });
    expect(house.said('ignored: this is no ticket of a verification')).not.toEqual([]);
  });

  test('reject a package whose bytes are not what was declared', async () => {
    const path = await house.upload('2.1.0', 'wrong', BYTES, 'f'.repeat(64), 'multipart');
    const token = await house.token(['publish']);
    house.aws.messages.length = 0;
    await house.call(house.functions.publish, 'completeUpload', { token, path });

    await message(house.aws.messages[0] ?? '');

    expect((await house.record(path))?.rejection?.code).toBe('INTEGRITY');
    const after = await house.call(house.functions.publish, 'completeUpload', { token, path });
    expect([after.status, after.json.code]).toEqual([422, 'INTEGRITY']);
  });

  test('leave the upload pending where the queue refuses, and complete it at the next try', async () => {
    const path = await house.upload('2.2.0', 'queued', BYTES, SHA256, 'multipart');
    const token = await house.token(['publish']);
    house.aws.refusal = { status: 400, name: 'AccessDeniedException' };
    const refused = await house.call(house.functions.publish, 'completeUpload', { token, path });
    house.aws.refusal = undefined;
    house.aws.messages.length = 0;

    const completed = await house.call(house.functions.publish, 'completeUpload', { token, path });

    expect([refused.status, refused.json.code, completed.status]).toEqual([
      503,
      'UNAVAILABLE',
      202,
    ]);
    await message(house.aws.messages[0] ?? '');
    expect((await house.record(path))?.state).toBe('available');
    await house.remove(path);
  });

  test.each([
    ['no event at all', undefined],
    ['an event of something else', { 'detail-type': 'Object Deleted', detail: { bucket: {} } }],
    ['text', 'Object Created'],
  ])('ignore %s', async (_, event) => {
    house.lines.length = 0;

    await house.functions.objectCreated(event, contextWith());

    expect(house.said('ignored: this is no event of a new object')).toHaveLength(1);
  });

  test.each(['canary/cdn-key.txt', 'packages/1.0.0/tool', 'packages/1.0.0%2B1/tool.bin', ''])(
    'ignore a key that is not the key of a package: %j',
    async (key) => {
      house.lines.length = 0;

      await happened(key);

      expect(house.said('ignored: this is not the key of a package')).toHaveLength(1);
    },
  );

  test('ignore events of another bucket', async () => {
    house.lines.length = 0;

    await happened('packages/1.0.0/tool.bin', 'other');

    expect(house.said('ignored: this is not our bucket')).toHaveLength(1);
  });

  test('list without the key of cursors, and wait for it only where a page goes on', async () => {
    const token = await house.token(['read']);
    for (const packageId of ['a', 'b'])
      await house.remove(await house.upload('3.0.0', packageId, BYTES, SHA256));
    const list = (limit: string, cursor?: string) => {
      const query = { limit, ...(cursor === undefined ? {} : { cursor }) };
      return house.call(house.functions.catalog, 'listVersions', { token, query });
    };
    house.aws.refusal = { status: 400, name: 'AccessDeniedException' };

    const whole = await list('1000');
    const refused = await list('1');
    house.aws.refusal = undefined;
    const first = await list('1');
    const second = await list('1', first.json.nextCursor);

    expect([whole.status, refused.status, first.status, second.status]).toEqual([
      200, 503, 200, 200,
    ]);
    expect(refused.headers['retry-after']).toBe('5');
    expect(second.json.items[0].versionId).not.toBe(first.json.items[0].versionId);
  });

  test('remove bytes that a request sends again after its package was deleted', async () => {
    const path = await house.upload('4.0.0', 'gone', BYTES, SHA256);
    await happened('packages/4.0.0/gone.bin');
    const token = await house.token(['admin']);
    const deleted = await house.call(house.functions.admin, 'deletePackage', {
      token,
      path,
      method: 'DELETE',
    });
    const record = await house.record(path);
    if (record === undefined) throw new Error('the tombstone is gone');
    const terms = {
      size: BYTES.length,
      sha256: SHA256,
      contentType: 'a/b',
      contentDisposition: 'attachment',
    };
    const { attemptId, key } = record;
    await house.s3.store.put(key, Readable.from([BYTES]), {
      ...terms,
      cacheControl: 'no-cache',
      attemptId,
    });

    await happened(key);
    await happened(key);

    expect([deleted.status, deleted.json.package.state]).toEqual([200, 'deleted']);
    expect(await house.s3.store.stat(key)).toBeUndefined();
    expect((await house.record(path))?.state).toBe('deleted');
  });

  test('sweep, and say what they did', async () => {
    expect(await house.functions.sweep({}, contextWith())).toMatchObject({
      failures: 0,
      isWhole: true,
    });
  });
});
