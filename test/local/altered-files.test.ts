/** What somebody changes behind the back of the service is handed out by no way of downloading. */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parsePackageId, parsePackageKey, parseVersionId } from '../../core/names.ts';
import type { Damage } from '../../core/records.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { UrlSigner } from '../../storage/url-signer.ts';
import { type Answer, PlainClient, send } from '../support/plain-client.ts';
import { Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

const bytes = randomBytes(5000);
const PATH = '/packages/1.0/tool.bin';

async function published(presignedUrls: boolean) {
  const folder = await servings.folder();
  const { url, token, book } = await servings.start(folder, {
    PRESIGNED_URLS: String(presignedUrls),
  });
  const client = new PlainClient(url, token);
  await client.push('1.0', 'tool', bytes, 'single');
  const file = join(folder, PATH);
  /** What the last answer of this way of downloading is. */
  const download = async (): Promise<Answer> => {
    const answer = await client.call('GET', PATH);
    return answer.status === 302 ? send(String(answer.headers['location'])) : answer;
  };
  return { client, folder, url, token, file, download, book };
}

/** Overwrites one byte, which changes the time of the last write. */
async function flip(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.from([(bytes[1000] ?? 0) ^ 1]), 0, 1, 1000);
  await handle.close();
  // The clock of a file system may be coarse.
  await utimes(file, new Date(), new Date((await stat(file)).mtimeMs + 1000));
}

function problemIn({ status, body }: Answer) {
  const { code, detail } = JSON.parse(body.toString());
  return { status, code, detail };
}

const OTHER_BYTES = {
  status: 409,
  code: 'CONFLICT',
  detail: 'the store holds other bytes under packages/1.0/tool.bin than were published',
};

describe.each([
  ['by the signed link', true],
  ['by the service itself', false],
])('a file that was changed, %s', (_, presignedUrls) => {
  test('in one bit is refused, and the same words say why', async () => {
    const { file, download } = await published(presignedUrls);
    expect((await download()).body.equals(bytes)).toBe(true);

    await flip(file);

    expect(problemIn(await download())).toEqual(OTHER_BYTES);
  });

  test('for a longer one is refused', async () => {
    const { file, download } = await published(presignedUrls);

    await writeFile(file, Buffer.concat([bytes, bytes]));

    expect(problemIn(await download())).toEqual(OTHER_BYTES);
  });

  test('for another by a rename is refused', async () => {
    const { file, download } = await published(presignedUrls);

    await writeFile(`${file}.other`, randomBytes(5000));
    await rename(`${file}.other`, file);

    expect(problemIn(await download())).toEqual(OTHER_BYTES);
  });

  test('is refused in part too', async () => {
    const { client, file, url, token } = await published(presignedUrls);
    await flip(file);

    const range = { range: 'bytes=0-9' };
    const answer = presignedUrls
      ? await send(String((await client.call('GET', PATH)).headers['location']), { headers: range })
      : await send(url + PATH, { headers: { ...range, authorization: `Bearer ${token}` } });

    expect(answer.status).toBe(409);
  });

  test('that is gone is 404', async () => {
    const { file, download } = await published(presignedUrls);

    await rm(file);

    expect((await download()).status).toBe(404);
  });
});

describe('a signed link of a release that did not name the bytes in it', () => {
  /** As that release signed it. */
  async function oldLink({
    folder,
    url,
  }: {
    readonly folder: string;
    readonly url: string;
  }): Promise<string> {
    const secret = Buffer.from(
      (await readFile(join(folder, '.stowage', 'url-signing-key'), 'utf8')).trim(),
    );
    const signer = new UrlSigner({ secret, publicUrl: url, clock: () => new Date() });
    const params = {
      type: 'application/octet-stream',
      disposition: 'attachment; filename="tool.bin"',
    };
    const { key } = parsePackageKey('packages/1.0/tool.bin');
    return signer.sign('GET', key, params, new Date(Date.now() + 300_000));
  }

  test('works, and opens the published bytes alone', async () => {
    const house = await published(true);
    const link = await oldLink(house);

    expect((await send(link)).body.equals(bytes)).toBe(true);
    await flip(house.file);

    expect(problemIn(await send(link))).toEqual(OTHER_BYTES);
  });
});

describe('a package that is marked as damaged', () => {
  test('is refused by every way, in the same words, until the mark is gone', async () => {
    const { client, folder, url, token } = await published(true);
    await client.json('PUT', '/v1/channels/stable', { versionId: '1.0' });
    const link = String((await client.call('GET', PATH)).headers['location']);
    const detail = expect.stringMatching(
      /^the stored bytes of packages\/1\.0\/tool\.bin are damaged/,
    );
    const refused = { status: 422, code: 'INTEGRITY', detail };

    await mark(folder, { foundAt: '2026-11-28T00:00:00.000Z', detail: 'sha256 must be a, got b' });

    expect(problemIn(await send(link))).toEqual(refused);
    expect(problemIn(await client.call('GET', PATH))).toEqual(refused);
    expect(problemIn(await client.call('GET', '/channels/stable/tool.bin'))).toEqual(refused);
    const authorization = `Bearer ${token}`;
    expect((await send(url + PATH, { method: 'HEAD', headers: { authorization } })).status).toBe(
      422,
    );
    const asJson = await send(url + PATH, {
      headers: { authorization, accept: 'application/json' },
    });
    expect(problemIn(asJson)).toEqual(refused);
    expect(await client.json('POST', '/v1/versions/1.0/links', { packageIds: ['tool'] })).toEqual({
      items: [{ packageId: 'tool', code: 'INTEGRITY' }],
    });

    await mark(folder, null);

    expect((await send(link)).body.equals(bytes)).toBe(true);
    expect((await client.pull('1.0', 'tool.bin')).equals(bytes)).toBe(true);
  });

  async function mark(folder: string, damage: Damage | null): Promise<void> {
    const catalog = SqliteCatalog.open({ path: join(folder, '.stowage', 'catalog.db') });
    const ref = { versionId: parseVersionId('1.0'), packageId: parsePackageId('tool') };
    const record = await catalog.getPackage(ref);
    const expected = { attemptId: record?.attemptId ?? '', states: ['available'] } as const;
    expect(await catalog.changePackage(ref, expected, { damage })).toBeDefined();
    await catalog.close();
  }
});
