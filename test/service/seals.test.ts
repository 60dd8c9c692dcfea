/** Seals as callers meet them. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, type House, openHouse } from './house.ts';

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
