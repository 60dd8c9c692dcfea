/** Every operation's good answer. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House, openHouse, PUBLIC_URL } from './house.ts';

let house: House;
let publisher: string;
let admin: string;

beforeEach(async () => {
  ({ house, publisher, admin } = await openHouse());
});

const versionId = '1.4.0+b1';
const packageId = 'linux-x64';
const path = { versionId, packageId };
const bytes = Buffer.from('hello');
const single = { packageId, ext: 'tar.gz', size: bytes.length, sha256: sha256Of(bytes) };
const parts = { ...single, method: 'multipart', size: 20 * 1024 * 1024 };

describe('publishing', () => {
  test('a new package is 201 with its record, its location and the request that uploads it', async () => {
    const body = {
      ...single,
      filename: 'a "tool".tar.gz',
      contentType: 'application/gzip',
      metadata: { commit: 'abc' },
    };
    const answer = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body,
    });

    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(
      `${PUBLIC_URL}/v1/versions/1.4.0%2Bb1/packages/linux-x64`,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json.package).toMatchObject({
      ...body,
      versionId,
      state: 'pending',
      key: 'packages/1.4.0+b1/linux-x64.tar.gz',
    });
    expect(answer.json.upload).toMatchObject({ method: 'single', request: { method: 'PUT' } });
  });

  test('without packageId and ext the filename says both', async () => {
    const body = { filename: 'tool.tar.gz', size: 5, sha256: sha256Of(bytes) };
    const answer = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body,
    });

    expect(answer.status).toBe(201);
    expect(answer.json.package.packageId).toBe('tool');
    expect(answer.json.package.ext).toBe('tar.gz');
  });

  test('the same create again is 200 and renews the request', async () => {
    await house.call('createPackage', { token: publisher, path: { versionId }, body: single });
    const again = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body: single,
    });

    expect(again.status).toBe(200);
    expect(again.json.upload.method).toBe('single');
  });

  test('a create that is still published is 200 without an upload', async () => {
    await house.publish(versionId, 'linux-x64.tar.gz', 'hello');
    const again = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body: single,
    });

    expect(again.status).toBe(200);
    expect(again.json.upload).toBeUndefined();
  });

  test('other bytes under a taken name are 409', async () => {
    await house.publish(versionId, 'linux-x64.tar.gz', 'hello');
    const other = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body: { ...single, size: 6 },
    });

    expect([other.status, other.json.code]).toEqual([409, 'ALREADY_EXISTS']);
  });

  test('a multipart upload is handed out part by part, renewed, asked about, verified', async () => {
    const created = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body: parts,
    });
    const renewed = await house.call('signParts', {
      token: publisher,
      path,
      body: { partNumbers: [2] },
    });
    const before = await house.call('getUpload', { token: publisher, path });
    const early = await house.call('completeUpload', { token: publisher, path });

    expect(created.json.upload).toMatchObject({
      method: 'multipart',
      partSize: 16 * 1024 * 1024,
      partCount: 2,
    });
    expect(created.json.upload.parts).toHaveLength(2);
    expect(renewed.json.parts).toMatchObject([
      { partNumber: 2, size: 4 * 1024 * 1024, request: { method: 'PUT' } },
    ]);
    expect(before.json).toMatchObject({
      state: 'pending',
      method: 'multipart',
      partCount: 2,
      parts: [],
    });
    expect([early.status, early.json.code]).toEqual([409, 'NOT_UPLOADED']);
  });

  test('the same create again, whose parts the store has lost, is 409 until the upload is given up', async () => {
    const create = () =>
      house.call('createPackage', { token: publisher, path: { versionId }, body: parts });
    await create();
    for await (const { key, uploadId = '' } of house.store.leftovers()) {
      await house.store.abortMultipart({ key, uploadId });
    }

    const lost = await create();
    await house.call('abortUpload', { token: publisher, path });
    const again = await create();

    expect([lost.status, lost.json.code]).toEqual([409, 'NOT_UPLOADED']);
    expect(lost.json.detail).toBe(
      'the store has dropped the parts of this upload; abort it and create the package again',
    );
    expect(again.status).toBe(201);
  });

  test('completing a multipart upload is 202 until its bytes are read, then 200', async () => {
    const content = Buffer.alloc(10, 'x');
    const body = {
      ...single,
      method: 'multipart',
      size: content.length,
      sha256: sha256Of(content),
    };
    const created = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body,
    });
    await house.send(created.json.upload.parts[0].request, content);
    const accepted = await house.call('completeUpload', { token: publisher, path });
    await house.verify({ versionId, packageId } as never);
    const done = await house.call('completeUpload', { token: publisher, path });

    expect([accepted.status, accepted.json.package.state]).toEqual([202, 'verifying']);
    expect([done.status, done.json.package.state]).toEqual([200, 'available']);
  });

  test('an upload without a sha256 gets it when it is completed, and says which parts it has', async () => {
    const content = Buffer.alloc(10, 'x');
    const { sha256: _, ...late } = { ...single, method: 'multipart', partChecksums: true };
    const created = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body: { ...late, size: content.length },
    });
    const signed = await house.call('signParts', {
      token: publisher,
      path,
      body: { partNumbers: [1], sha256s: [sha256Of(content)] },
    });
    await house.send(signed.json.parts[0].request, content);
    const sent = await house.call('getUpload', { token: publisher, path });
    const digest = (partsSha256: string) => ({
      token: publisher,
      path,
      body: { sha256: sha256Of(content), partsSha256 },
    });
    const without = await house.call('completeUpload', { token: publisher, path });
    const half = await house.call('completeUpload', {
      token: publisher,
      path,
      body: { sha256: sha256Of(content) },
    });
    const other = await house.call('completeUpload', digest(sha256Of('other')));
    const accepted = await house.call(
      'completeUpload',
      digest(sha256Of(Buffer.from(sha256Of(content), 'hex'))),
    );
    await house.verify({ versionId, packageId } as never);
    const done = await house.call('completeUpload', { token: publisher, path });

    expect(created.status).toBe(201);
    expect(created.json.package).not.toHaveProperty('sha256');
    expect(sent.json.parts).toEqual([{ partNumber: 1, size: 10, sha256: sha256Of(content) }]);
    expect([without.status, half.status, other.status]).toEqual([400, 400, 409]);
    expect(other.json.code).toBe('NOT_UPLOADED');
    expect(half.json.detail).toBe('with one of sha256 and partsSha256, the other is required');
    expect([accepted.status, accepted.json.package.sha256]).toEqual([202, sha256Of(content)]);
    expect(done.json.package).toMatchObject({ state: 'available', sha256: sha256Of(content) });
  });

  test('a create without a sha256 that does not declare its parts is 400', async () => {
    const { sha256: _, ...late } = parts;
    const answers = [
      await house.call('createPackage', { token: publisher, path: { versionId }, body: late }),
      await house.call('createPackage', {
        token: publisher,
        path: { versionId },
        body: { ...late, method: 'single', partChecksums: true },
      }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(answers[0]?.json.detail).toBe('where partChecksums is not true, sha256 is required');
  });

  test('part checksums are asked for with each part, so that create signs none', async () => {
    const body = { ...parts, partChecksums: true };
    const created = await house.call('createPackage', {
      token: publisher,
      path: { versionId },
      body,
    });
    const without = await house.call('signParts', {
      token: publisher,
      path,
      body: { partNumbers: [1] },
    });
    const withSums = { partNumbers: [1, 2], sha256s: [sha256Of('a'), sha256Of('b')] };
    const signed = await house.call('signParts', { token: publisher, path, body: withSums });

    expect(created.json.upload.parts).toEqual([]);
    expect(without.status).toBe(400);
    expect(signed.json.parts).toHaveLength(2);
  });

  test('a single upload shows its state without parts', async () => {
    await house.call('createPackage', { token: publisher, path: { versionId }, body: single });
    const answer = await house.call('getUpload', { token: publisher, path });

    expect(answer.json).toEqual({
      state: 'pending',
      method: 'single',
      expiresAt: '2026-11-29T12:00:00.000Z',
    });
  });

  test('an aborted upload is 204 and frees the name', async () => {
    await house.call('createPackage', { token: publisher, path: { versionId }, body: single });
    const aborted = await house.call('abortUpload', { token: publisher, path });
    const gone = await house.call('getUpload', { token: publisher, path });

    expect([aborted.status, aborted.text]).toEqual([204, '']);
    expect(gone.status).toBe(404);
  });
});

describe('reading', () => {
  test('a version and its packages are read and listed', async () => {
    await house.publish(versionId, 'linux-x64.tar.gz', 'hello');
    const reader = await house.token(['read']);

    expect((await house.call('getVersion', { token: reader, path: { versionId } })).json).toEqual({
      versionId,
      createdAt: '2026-11-22T12:00:00.000Z',
      draft: false,
    });
    expect((await house.call('listVersions', { token: reader })).json.items).toHaveLength(1);
    expect((await house.call('getPackage', { token: reader, path })).json).toMatchObject({
      packageId,
      state: 'available',
    });
    expect(
      (await house.call('listPackages', { token: reader, path: { versionId } })).json.items,
    ).toHaveLength(1);
  });

  test('packages are found by their digest, in the versions that the caller may see', async () => {
    for (const version of ['1.0.0', '2.0.0']) await house.publish(version, 'a.zip', 'the same');
    await house.publish('2.0.0', 'b.zip', 'others');
    const reader = await house.token(['read'], { versions: '2.*' });
    const find = async (token: string, digest: string, query = {}) =>
      house.call('findByDigest', { token, path: { digest }, query });
    const digest = `sha256:${sha256Of('the same')}`;
    const match = {
      versionId: '2.0.0',
      packageId: 'a',
      filename: 'a.zip',
      url: expect.stringMatching(/\/packages\/2\.0\.0\/a\.zip$/),
      state: 'available',
    };

    expect((await find(admin, digest)).json.items).toHaveLength(2);
    expect((await find(reader, digest)).json).toEqual({ items: [match] });
    expect((await find(reader, `sha256:${'0'.repeat(64)}`)).json).toEqual({ items: [] });
    expect(await find(reader, digest.toUpperCase())).toMatchObject({ status: 400 });
    const first = await find(admin, digest, { limit: '1' });
    const rest = await find(admin, digest, { limit: '1', cursor: first.json.nextCursor });
    expect(rest.json).toEqual({ items: [match] });
  });

  test('lists go on with their cursor, which opens for no other list', async () => {
    for (const name of ['a', 'b', 'c']) await house.publish('1.0.0', `${name}.zip`);
    await house.publish('2.0.0', 'a.zip');
    const first = await house.call('listPackages', {
      token: admin,
      path: { versionId: '1.0.0' },
      query: { limit: '2' },
    });
    const cursor = first.json.nextCursor;
    const second = await house.call('listPackages', {
      token: admin,
      path: { versionId: '1.0.0' },
      query: { cursor },
    });
    const elsewhere = await house.call('listPackages', {
      token: admin,
      path: { versionId: '2.0.0' },
      query: { cursor },
    });
    const reader = await house.token(['read']);
    const otherView = await house.call('listPackages', {
      token: reader,
      path: { versionId: '1.0.0' },
      query: { cursor },
    });

    expect(first.json.items.map((item: { packageId: string }) => item.packageId)).toEqual([
      'a',
      'b',
    ]);
    expect(second.json.items.map((item: { packageId: string }) => item.packageId)).toEqual(['c']);
    expect(second.json.nextCursor).toBeUndefined();
    expect([elsewhere.status, otherView.status]).toEqual([400, 400]);
  });

  test('links come in the order asked, with a code where there is none', async () => {
    await house.publish(versionId, 'linux-x64.tar.gz', 'hello');
    await house.publish(versionId, 'old.zip');
    await house.call('yankPackage', { token: admin, path: { versionId, packageId: 'old' } });
    const body = { packageIds: ['none', packageId, 'old'] };
    const answer = await house.call('createLinks', {
      token: await house.token(['read']),
      path: { versionId },
      body,
    });

    expect(answer.json.items[0]).toEqual({ packageId: 'none', code: 'NOT_FOUND' });
    expect(answer.json.items[1]).toMatchObject({ packageId, size: 5, sha256: single.sha256 });
    expect(answer.json.items[2]).toEqual({ packageId: 'old', code: 'YANKED' });
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('administration', () => {
  test('yank, restore and delete answer with the record, again and again', async () => {
    await house.publish(versionId, 'linux-x64.tar.gz', 'hello');
    const yank = () =>
      house.call('yankPackage', { token: admin, path, body: { reason: 'broken' } });
    const restore = () => house.call('restorePackage', { token: admin, path });
    const remove = () => house.call('deletePackage', { token: admin, path });

    for (const _ of [1, 2])
      expect((await yank()).json.package).toMatchObject({ state: 'yanked', yankReason: 'broken' });
    for (const _ of [1, 2]) expect((await restore()).json.package.state).toBe('available');
    for (const _ of [1, 2]) expect((await remove()).json.package.state).toBe('deleted');
    expect((await restore()).status).toBe(404);
  });

  test('a channel is set, moved when expected, listed and removed', async () => {
    await house.publish('1.0.0', 'a.zip');
    await house.publish('2.0.0', 'a.zip');
    const put = (body: object) =>
      house.call('putChannel', { token: admin, path: { channel: 'stable' }, body });

    expect((await put({ versionId: '1.0.0' })).json).toMatchObject({
      channel: 'stable',
      versionId: '1.0.0',
    });
    expect((await put({ versionId: '2.0.0', expectedVersionId: '2.0.0' })).status).toBe(409);
    expect((await put({ versionId: '2.0.0', expectedVersionId: '1.0.0' })).status).toBe(200);
    expect((await put({ versionId: '3.0.0' })).status).toBe(404);
    expect((await house.call('listChannels', { token: admin })).json.items).toHaveLength(1);
    expect(
      (await house.call('deleteChannel', { token: admin, path: { channel: 'stable' } })).status,
    ).toBe(204);
    expect((await house.call('listChannels', { token: admin })).json.items).toEqual([]);
  });

  test('a new token is shown once, works, and stops working here as soon as it is revoked', async () => {
    const body = {
      name: 'ci',
      scopes: ['publish'],
      versions: '1.*',
      expiresAt: '2027-01-01T01:00:00+01:00',
    };
    const created = await house.call('createToken', { token: admin, body });
    const { token, tokenId } = created.json;
    const listed = await house.call('listTokens', { token: admin });

    expect(created.status).toBe(201);
    expect(created.headers['cache-control']).toBe('no-store');
    expect(created.json.expiresAt).toBe('2027-01-01T00:00:00.000Z');
    expect(listed.text).not.toContain(token.slice(token.indexOf('_', 4) + 1));
    expect((await house.call('listVersions', { token })).status).toBe(200);
    expect((await house.call('deleteToken', { token: admin, path: { tokenId } })).status).toBe(204);
    expect((await house.call('listVersions', { token })).status).toBe(401);
  });
});

describe('service', () => {
  test('health and the contract need no token', async () => {
    expect((await house.call('getReadiness')).json).toEqual({ status: 'ok' });
    expect((await house.call('getHealth')).json).toEqual({ status: 'ok', version: '0.1.0' });
    expect((await house.call('getOpenApi')).json.openapi).toBe('3.1.0');
  });

  test('security.txt says where to report a problem, without a token, if the operator has set a contact', async () => {
    const contact = {
      contact: 'mailto:security@example.com',
      policy: 'https://example.com/policy',
      languages: 'en',
    };
    const reachable = new House({ securityContact: contact });
    reachable.now = new Date('2026-11-22T12:00:00.000Z');

    const answer = await reachable.call('getSecurityContact');
    const known = await reachable.call('getSecurityContact', {
      headers: { 'if-none-match': answer.headers['etag'] ?? '' },
    });

    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'text/plain; charset=utf-8',
    ]);
    expect(answer.text).toBe(
      [
        'Contact: mailto:security@example.com',
        'Expires: 2027-05-21T00:00:00.000Z',
        'Preferred-Languages: en',
        'Canonical: https://files.example.com/.well-known/security.txt',
        'Policy: https://example.com/policy',
        '',
      ].join('\n'),
    );
    expect(known.status).toBe(304);
    expect((await reachable.call('getSecurityContact', { method: 'HEAD' })).status).toBe(200);
  });

  test('a service whose operator has set no contact has no security.txt', async () => {
    const answer = await house.call('getSecurityContact');

    expect([answer.status, answer.json.code]).toEqual([404, 'NOT_FOUND']);
  });
});
