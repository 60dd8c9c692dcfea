/** Seals as callers meet them. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { parseVersionId } from '../../core/names.ts';
import type { ReleaseSigner } from '../../core/ports/statements.ts';
import { MemoryStatements } from '../../storage/memory/memory-statements.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, House, openHouse } from './house.ts';

const path = { versionId: '2.0.0' };
let house: House;
let publisher: string;
let reader: string;
let releaser: string;
let admin: string;

beforeEach(async () => {
  ({ house, publisher, reader, admin } = await openHouse());
  releaser = await house.token(['release']);
  await house.push(publisher, path.versionId, { filename: 'a.zip' }, 'bytes');
});

function seal(token = releaser, body: object = {}): Promise<Answer> {
  return house.call('sealVersion', { token, path, body });
}

function announce(filename: string): Promise<Answer> {
  const body = { filename, size: 5, sha256: sha256Of('bytes') };
  return house.call('createPackage', { token: publisher, path, body });
}

describe('a seal', () => {
  test('needs scope release, and is shown by every answer about the version', async () => {
    expect((await seal(publisher)).status).toBe(403);
    const sealed = await seal();

    expect(sealed.json.version).toMatchObject({
      ...path,
      sealedAt: house.now.toISOString(),
      sealedBy: releaser.split('_')[1],
    });
    expect((await house.call('getVersion', { token: reader, path })).json).toEqual(
      sealed.json.version,
    );
    const index = await house.call('listPublicVersions', { token: reader });
    expect(index.json.items).toMatchObject([{ ...path, sealed: true }]);
    expect((await house.call('getPublicVersion', { token: reader, path })).json.sealed).toBe(true);
  });

  test('lets nothing in: 409 SEALED for a file and for notes; the same file again is the same', async () => {
    await seal();

    const more = await announce('b.zip');
    const notes = await house.call('putVersion', { token: publisher, path, body: { notes: 'x' } });

    expect([more.status, more.json.code]).toEqual([409, 'SEALED']);
    expect([notes.status, notes.json.code]).toEqual([409, 'SEALED']);
    expect((await announce('a.zip')).status).toBe(200);
  });

  test('is refused while an upload is under way, unless that is to be given up', async () => {
    const { json } = await announce('b.zip');

    const refused = await seal();
    const sealed = await seal(releaser, { discardUnfinished: true });

    expect([refused.status, refused.json.code]).toEqual([409, 'NOT_UPLOADED']);
    expect(sealed.status).toBe(200);
    const late = { ...path, packageId: json.package.packageId };
    const completed = await house.call('completeUpload', {
      token: publisher,
      path: late,
      body: {},
    });
    expect([completed.status, completed.json.code]).toEqual([409, 'SEALED']);
  });

  test('leaves yanks and deletes as they are', async () => {
    await seal();
    const file = { ...path, packageId: 'a' };

    expect((await house.call('yankPackage', { token: admin, path: file, body: {} })).status).toBe(
      200,
    );
    expect(
      (await house.call('restorePackage', { token: admin, path: file, body: {} })).status,
    ).toBe(200);
    expect((await house.call('deletePackage', { token: admin, path: file })).status).toBe(200);
  });
});

describe('a statement', () => {
  const signer: ReleaseSigner = {
    keys: async () => [
      { keyId: 'k', publicKey: 'PEM', createdAt: '2026-11-22T12:00:00.000Z', signs: true },
    ],
    sign: async () => ({ keyId: 'k', signature: Buffer.from('signed') }),
  };

  async function withStatements(): Promise<House> {
    const own = new House({ statements: new MemoryStatements(), releaseSigner: signer });
    const maker = await own.token(['publish']);
    await own.push(maker, '2.0.0', { filename: 'a.zip' }, 'bytes');
    await own.push(maker, '2.0.0', { filename: 'b.zip' }, 'other');
    return own;
  }

  test('names every file by its filename, and is answered with an ETag', async () => {
    const own = await withStatements();
    const token = await own.token(['admin']);
    await own.call('yankPackage', { token, path: { ...path, packageId: 'b' }, body: {} });
    const before = await own.call('getStatement', { token, path });
    await own.call('sealVersion', { token, path, body: {} });
    const channel = { path: { channel: 'stable' } };
    await own.call('putChannel', { token, ...channel, body: path });

    const answer = await own.call('getStatement', { token, path });
    const again = await own.call('getStatement', {
      token,
      path,
      headers: { 'if-none-match': answer.headers['etag'] ?? '' },
    });

    expect([before.status, before.json.code]).toEqual([404, 'NOT_FOUND']);
    const envelope = JSON.parse(answer.text);
    expect(envelope).toMatchObject({
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ keyid: 'k', sig: Buffer.from('signed').toString('base64') }],
    });
    expect(JSON.parse(Buffer.from(envelope.payload, 'base64').toString())).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'a.zip', digest: { sha256: sha256Of('bytes') } },
        { name: 'b.zip', digest: { sha256: sha256Of('other') } },
      ],
      predicateType: 'https://in-toto.io/attestation/release/v0.1',
      predicate: { releaseId: '2.0.0', sealedAt: own.now.toISOString() },
    });
    expect(again.status).toBe(304);
    const ofChannel = await own.call('getChannelStatement', { token, ...channel });
    expect(ofChannel.text).toBe(answer.text);
    expect((await own.call('getReleaseKeys')).json.keys).toMatchObject([{ keyId: 'k' }]);
  });

  test('that a crash kept from being stored is made by the next seal', async () => {
    const own = await withStatements();
    const token = await own.token(['release']);
    const sealedAt = own.now.toISOString();
    const { versionId } = path;
    await own.catalog.changeVersion(parseVersionId(versionId), { isDraft: false }, { sealedAt });
    const missing = await own.call('getStatement', { token, path });

    await own.call('sealVersion', { token, path, body: {} });

    expect([missing.status, missing.json.detail]).toEqual([
      404,
      'version 2.0.0 is sealed, but its statement was not made yet: seal it again',
    ]);
    expect((await own.call('getStatement', { token, path })).status).toBe(200);
  });

  test('is made by no host that has no key for it, which says so', async () => {
    await seal();

    const answer = await house.call('getStatement', { token: reader, path });

    expect([answer.status, answer.json.code]).toEqual([501, 'NOT_SUPPORTED']);
    expect((await house.call('getReleaseKeys')).status).toBe(501);
  });
});
