/** Files under their own names, drafts, channels that remember, and links for people. */
import { expect, test } from '@jest/globals';
import type { CreatedPackage, PackageBody } from '../../../api/schemas/answers.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import type { Answer } from '../../support/plain-client.ts';
import { aProblem, problemOf, type Visit } from './visit.ts';

const NAMES = [
  'App-1.4.0.exe',
  'RELEASES',
  'tool-linux-amd64',
  'a b + c.zip',
  '100%.tar.gz',
  'a%20b',
  '#1?&=;.txt',
  "it's (1)!*.bin",
  'größe 大.dmg',
];

/** Publishes a file by its filename alone. */
async function push(here: Visit, filename: string): Promise<PackageBody> {
  const bytes = bytesOf(filename);
  const { package: made, upload } = await here.admin.json<CreatedPackage>(
    'POST',
    here.path('/packages'),
    { filename, size: bytes.length, sha256: sha256Of(bytes), method: 'single' },
  );
  if (upload?.method !== 'single') throw new Error(`${filename} was announced before`);
  await here.sendSigned(upload.request, bytes);
  await here.admin.complete(here.versionId, made.packageId);
  return here.package(made.packageId);
}

function bytesOf(filename: string): Buffer {
  return Buffer.from(`bytes of ${filename}`);
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** What a client that follows redirects gets. */
async function follow(here: Visit, answer: Answer): Promise<Buffer> {
  expect([answer.status, answer.body.toString()]).toEqual([302, expect.any(String)]);
  return (await here.target.send(String(answer.headers['location']))).body;
}

export function describeNames(visit: () => Visit): void {
  test('every filename has an address that leads to its bytes, and so has its alias', async () => {
    const here = visit();

    for (const filename of NAMES) {
      const { url, packageId, ext } = await push(here, filename);
      const path = pathOf(url);
      expect(decodeURIComponent(path.split('/').at(-1) ?? '')).toBe(filename);
      for (const address of [path, here.stable(`${packageId}.${ext}`)])
        expect(await follow(here, await here.admin.call('GET', address))).toEqual(
          bytesOf(filename),
        );
    }

    const sums = await here.admin.call('GET', here.stable('SHA256SUMS'));
    for (const filename of NAMES)
      expect(sums.body.toString()).toContain(`${sha256Of(bytesOf(filename))}  ${filename}\n`);
  });

  test('a name that another file has, or that the service answers itself, is refused', async () => {
    const here = visit();
    await push(here, 'App.exe');
    const create = (body: object) =>
      here.admin.call('POST', here.path('/packages'), {
        size: 3,
        sha256: sha256Of('new'),
        ...body,
      });

    expect(problemOf(await create({ filename: 'App.exe', packageId: 'other' }))).toEqual(
      aProblem(409, 'ALREADY_EXISTS'),
    );
    for (const filename of ['SHA256SUMS', 'a/b', 'nul.txt', 'x.', 'a\u202eb'])
      expect(problemOf(await create({ filename }))).toEqual(aProblem(400, 'INVALID_INPUT'));
  });

  test('names with encoded slashes and NUL lead nowhere', async () => {
    const here = visit();
    await push(here, 'App.exe');

    for (const segment of ['App.exe%00', '..%2FApp.exe', '%2F', '%00']) {
      const { status } = await here.admin.call('GET', here.stable(segment));
      expect([segment, [400, 404].includes(status)]).toEqual([segment, true]);
    }
  });

  test('names that differ only in case or Unicode form are kept apart or refused, never mixed', async () => {
    const here = visit();
    const names = ['Tool.zip', 'tool.zip', 'gr\u00fc\u00dfe.txt'];
    for (const filename of names) await push(here, filename);

    for (const filename of names) {
      const answer = await here.admin.call('GET', here.stable(encodeURIComponent(filename)));
      expect(await follow(here, answer)).toEqual(bytesOf(filename));
    }
    const filename = 'gru\u0308\u00dfe.txt';
    const other = await here.admin.call('POST', here.path('/packages'), {
      ...{ filename, size: 3, sha256: sha256Of('new') },
    });
    expect(problemOf(other)).toEqual(aProblem(409, 'ALREADY_EXISTS'));
  });

  test('a draft is seen by no reader until it is released, then as a whole', async () => {
    const here = visit();
    await here.admin.json('PUT', here.path(), { draft: true });
    const { url } = await push(here, 'App.exe');
    const paths = [pathOf(url), here.stable('SHA256SUMS'), here.stable('').slice(0, -1)];
    const statuses = () =>
      Promise.all(paths.map(async (path) => (await here.admin.call('GET', path)).status));

    expect(await statuses()).toEqual([404, 404, 404]);
    await here.admin.json('PUT', here.path(), { draft: false });

    expect(await statuses()).toEqual([302, 200, 200]);
    expect(problemOf(await here.admin.call('PUT', here.path(), { draft: true }))).toEqual(
      aProblem(409, 'CONFLICT'),
    );
  });

  test('a channel serves feeds of its version alone, and other files of the versions before', async () => {
    const [before, after] = [visit(), visit()];
    const channel = `c-${before.versionId.slice(4)}`;
    await push(before, 'App-1.exe');
    await push(before, 'latest.yml');
    await push(after, 'App-2.exe');
    for (const { versionId } of [before, after])
      await after.admin.json('PUT', `/v1/channels/${channel}`, { versionId, skipChecks: true });
    const get = (file: string) => after.admin.call('GET', `/channels/${channel}/${file}`);

    for (const file of ['App-1.exe', 'App-2.exe'])
      expect(await follow(after, await get(file))).toEqual(bytesOf(file));
    expect((await get('latest.yml')).status).toBe(404);
    await after.admin.call('DELETE', `/v1/channels/${channel}`);
  });

  test('a link for people leads to its file without a token, until it is taken back', async () => {
    const here = visit();
    await push(here, 'App 1.exe');
    const { linkId, url } = await here.admin.json<{ linkId: string; url: string }>(
      'POST',
      '/v1/links',
      { versionId: here.versionId, filename: 'App 1.exe' },
    );

    expect(await follow(here, await here.anonymously('GET', pathOf(url)))).toEqual(
      bytesOf('App 1.exe'),
    );
    await here.admin.call('DELETE', `/v1/links/${linkId}`);
    expect(problemOf(await here.anonymously('GET', pathOf(url)))).toEqual(
      aProblem(404, 'NOT_FOUND'),
    );
  });

  test('names are checked before the first byte, and nothing is changed', async () => {
    const here = visit();
    await push(here, 'App.exe');
    const same = bytesOf('App.exe');
    const { names } = await here.admin.json<{ names: readonly { verdict: string }[] }>(
      'POST',
      here.path('/names'),
      {
        names: [
          { filename: 'App.exe', size: same.length, sha256: sha256Of(same) },
          { filename: 'App.exe', packageId: 'other', size: 1 },
          { filename: 'new.exe', size: 1 },
          { filename: 'a/b', size: 1 },
        ],
      },
    );

    expect(names.map(({ verdict }) => verdict)).toEqual(['same', 'taken', 'free', 'invalid']);
    const { status } = await here.admin.call('GET', here.stable('new.exe'));
    expect(status).toBe(404);
  });

  test('the token is the password of Basic on public paths, and of no other', async () => {
    const here = visit();
    const { url } = await push(here, 'App.exe');
    const basic = (token: string) => ({
      headers: { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` },
    });
    const { adminToken } = here.target;

    expect((await here.anonymously('GET', pathOf(url), basic(adminToken))).status).toBe(302);
    expect((await here.anonymously('GET', pathOf(url), basic(''))).status).toBe(401);
    expect((await here.anonymously('GET', '/v1/versions', basic(adminToken))).status).toBe(401);
  });
}
