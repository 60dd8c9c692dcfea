/** Files under their own names: what publishers announce, and what every address leads to. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, type House, openHouse } from './house.ts';

const versionId = '1.4.0';
let house: House;
let publisher: string;
let reader: string;

beforeEach(async () => {
  ({ house, publisher, reader } = await openHouse());
});

function create(body: object): Promise<Answer> {
  const defaults = { size: 5, sha256: sha256Of('bytes') };
  return house.call('createPackage', {
    token: publisher,
    path: { versionId },
    body: { ...defaults, ...body },
  });
}

/** Publishes a file under its filename alone. */
async function push(filename: string, bytes = `bytes of ${filename}`, more: object = {}) {
  const done = await house.push(publisher, versionId, { filename, ...more }, bytes);
  expect([filename, done.status]).toEqual([filename, 200]);
  return done.json.package;
}

function download(file: string, token: string | undefined = reader): Promise<Answer> {
  return house.call('downloadPackage', { token, path: { versionId, file } });
}

function check(names: readonly object[]): Promise<Answer> {
  return house.call('checkNames', { token: publisher, path: { versionId }, body: { names } });
}

function verdictsIn({ json }: Answer): readonly string[] {
  return json.names.map(({ verdict }: { verdict: string }) => verdict);
}

describe('a file', () => {
  test.each([
    ['App-1.4.0.exe', 'exe'],
    ['App-1.4.0.exe.blockmap', 'blockmap'],
    ['releases.win.json', 'json'],
    ['RELEASES', 'bin'],
    ['tool-linux-amd64', 'bin'],
    ['foo_1.2.3-1_amd64.deb', 'deb'],
    ['größe 100% + #1?.tar.gz', 'tar.gz'],
    ['.bashrc', 'bin'],
    ['日本語', 'bin'],
  ])(
    '%s has a link by its filename and one by its alias, with equal answers',
    async (filename, ext) => {
      const record = await push(filename);

      expect(record).toMatchObject({ filename, ext });
      expect(decodeURIComponent(new URL(record.url).pathname)).toBe(
        `/packages/${versionId}/${filename}`,
      );
      const byName = await download(filename);
      const byAlias = await download(`${record.packageId}.${ext}`);
      expect(byName.status).toBe(302);
      expect(byAlias).toEqual(byName);
    },
  );

  test('with the stem of another has an id of its own', async () => {
    const ids = [];
    for (const name of ['Packages', 'Packages.gz', 'appcast.xml', 'appcast.xml.signature'])
      ids.push((await push(name)).packageId);

    expect(new Set(ids).size).toBe(4);
    for (const name of ['Packages', 'Packages.gz', 'appcast.xml', 'appcast.xml.signature'])
      expect((await download(name)).headers['x-checksum-sha256']).toBe(
        sha256Of(`bytes of ${name}`),
      );
  });

  test('announced again by its filename is the same upload, then the same package', async () => {
    const first = await create({ filename: 'App-1.4.0.exe' });
    const again = await create({ filename: 'App-1.4.0.exe' });
    expect([again.status, again.json.package.packageId]).toEqual([
      200,
      first.json.package.packageId,
    ]);
    const other = await create({ filename: 'App-1.4.0.exe', sha256: sha256Of('other') });
    expect([other.status, other.json.code]).toEqual([409, 'UPLOAD_IN_PROGRESS']);

    await push('done.exe');
    const done = await create({
      filename: 'done.exe',
      size: 17,
      sha256: sha256Of('bytes of done.exe'),
    });
    expect([done.status, done.json.upload]).toEqual([200, undefined]);
  });

  test('under a name that another package has, in either form, is refused', async () => {
    await push('App.exe', 'one', { packageId: 'win' });

    for (const body of [
      { filename: 'App.exe', packageId: 'other' },
      { filename: 'win.exe', packageId: 'other' },
      { filename: 'win.exe' },
      { filename: 'App.exe' },
    ]) {
      const answer = await create(body);
      expect([body, answer.status, answer.json.code]).toEqual([body, 409, 'ALREADY_EXISTS']);
    }
  });

  test('says its feed type by its name, unless its publisher says another', async () => {
    const types = [];
    for (const name of ['latest.yml', 'releases.win.json', 'appcast.xml', 'RELEASES', 'App.exe'])
      types.push((await push(name)).contentType);

    expect(types).toEqual([
      'text/yaml',
      'application/json',
      'application/xml',
      'text/plain',
      'application/octet-stream',
    ]);
    const named = await push('other.yml', 'x', { contentType: 'application/x-own' });
    expect(named.contentType).toBe('application/x-own');
  });

  test('is in SHA256SUMS and in the index under its filename, with its platform', async () => {
    await push('App 1.exe', 'x', { os: 'windows', arch: 'x64', bundle: 'nsis' });
    await push('b', 'y');

    const sums = await house.call('getSums', { token: reader, path: { versionId } });
    expect(sums.text).toBe(`${sha256Of('x')}  App 1.exe\n${sha256Of('y')}  b\n`);
    const index = await house.call('getPublicVersion', { token: reader, path: { versionId } });
    expect(index.json).toMatchObject({
      versionId,
      sealed: false,
      packages: [
        {
          filename: 'App 1.exe',
          os: 'windows',
          arch: 'x64',
          bundle: 'nsis',
          url: 'https://files.example.com/packages/1.4.0/App%201.exe',
        },
        { filename: 'b' },
      ],
    });
  });
});

describe('checking names', () => {
  test('says what each would be, and changes nothing', async () => {
    await push('there.zip', 'bytes');
    await push('own.zip', 'bytes', { packageId: 'id' });
    const names = [
      { filename: 'new.zip', size: 5 },
      { filename: 'there.zip', size: 5, sha256: sha256Of('bytes') },
      { filename: 'there.zip', size: 6 },
      { filename: 'id.zip', size: 5 },
      { filename: 'a/b', size: 5 },
      { packageId: 'no dots.', size: 5 },
      { size: 5 },
      { filename: 'huge', size: 2_000_000_000 },
      { filename: 'new.zip', size: 5 },
    ];

    const answer = await check(names);

    expect(verdictsIn(answer)).toEqual([
      'free',
      'same',
      'taken',
      'taken',
      'invalid',
      'invalid',
      'invalid',
      'invalid',
      'taken',
    ]);
    expect(answer.json.names[8].detail).toBe('it takes a name of item 0 of this list');
    expect((await download('new.zip')).status).toBe(404);
  });

  test('a packageId is not taken for a filename that reads like one', async () => {
    const names = [
      { packageId: 'app', filename: 'app.zip', size: 5 },
      { packageId: 'other', filename: 'id app', size: 5 },
    ];

    const answer = await check(names);

    expect(verdictsIn(answer)).toEqual(['free', 'free']);
  });

  test('of files with one stem says the ids that they then get', async () => {
    const names = ['app.zip', 'app.dmg', 'app'].map((filename) => ({ filename, size: 5 }));

    const answer = await check(names);
    const pushed = [];
    for (const { filename } of names) pushed.push((await push(filename, 'bytes')).packageId);

    expect(verdictsIn(answer)).toEqual(['free', 'free', 'free']);
    const ids = answer.json.names.map(({ packageId }: { packageId: string }) => packageId);
    expect(ids).toEqual(pushed);
  });
});

describe('the index', () => {
  test('lists the released versions, newest first, with an ETag that pollers keep', async () => {
    await house.publish('1.0.0', 'a.zip', 'a');
    house.now = new Date(house.now.getTime() + 1000);
    await house.publish('1.1.0', 'a.zip', 'b');

    const ask = (query: Record<string, string>, headers = {}) =>
      house.call('listPublicVersions', { token: reader, query, headers });
    const all = await ask({ utm_source: 'mail' });
    expect(all.json.items.map(({ versionId: id }: { versionId: string }) => id)).toEqual([
      '1.1.0',
      '1.0.0',
    ]);
    expect(all.json.items[0].url).toBe('https://files.example.com/packages/1.1.0');
    expect(all.headers['vary']).toBe('Accept, Authorization');
    const first = await ask({ limit: '1' });
    expect((await ask({ limit: '1' }, { 'if-none-match': first.headers['etag'] })).status).toBe(
      304,
    );
    const second = await ask({ limit: '1', cursor: first.json.nextCursor });
    expect(second.json.items).toHaveLength(1);
    expect((await ask({ limit: '0' })).status).toBe(400);
  });

  test('needs a token, and with a pattern shows the versions that it covers', async () => {
    await house.publish('1.0.0', 'a.zip', 'a');
    await house.publish('2.0.0', 'a.zip', 'a');
    const limited = await house.token(['read'], { versions: '1.*' });

    expect((await house.call('listPublicVersions')).status).toBe(401);
    const seen = await house.call('listPublicVersions', { token: limited });
    expect(seen.json.items).toHaveLength(1);
    const path = { versionId: '2.0.0' };
    expect((await house.call('getPublicVersion', { token: limited, path })).status).toBe(403);
  });
});

describe('Basic authentication', () => {
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  test('takes the token as the password on public paths, and nowhere else', async () => {
    await push('a.zip');
    const path = { versionId, file: 'a.zip' };

    for (const user of ['', 'x', 'token'])
      expect(
        (await house.call('downloadPackage', { path, headers: basic(user, reader) })).status,
      ).toBe(302);
    const api = await house.call('listVersions', { headers: basic('x', reader) });
    expect([api.status, api.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  test('with a wrong password is 401 with both challenges', async () => {
    const path = { versionId, file: 'a.zip' };
    for (const headers of [{}, basic('x', ''), { authorization: 'Basic %%%' }, basic('x', 'y')]) {
      const answer = await house.call('downloadPackage', { path, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe(
        'Bearer, Basic realm="stowage", charset="UTF-8"',
      );
    }
  });
});
