/** What a server does when its catalog is removed, replaced, damaged, or missing at the start. */
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PlainClient } from '../support/plain-client.ts';
import { type Served, Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

const OF_8542CD9 = join(import.meta.dirname, '..', 'fixtures', 'catalog-8542cd9.db');

function catalogOf(folder: string): string {
  return join(folder, '.stowage', 'catalog.db');
}

function statusOf(
  { url, token }: Served,
  method: string,
  path: string,
  body?: unknown,
): Promise<number> {
  return new PlainClient(url, token).call(method, path, body).then(({ status }) => status);
}

function announce(served: Served, packageId: string): Promise<number> {
  const body = { packageId, ext: 'bin', size: 1, sha256: '0'.repeat(64) };
  return statusOf(served, 'POST', '/v1/versions/1/packages', body);
}

/** A file where a published one would be. */
async function putFile(folder: string): Promise<void> {
  await mkdir(join(folder, 'packages', '1'), { recursive: true });
  await writeFile(join(folder, 'packages', '1', 'p.bin'), 'p');
}

describe('a catalog that is removed while the server runs', () => {
  test.each([
    ['removed', (path: string) => rm(path)],
    [
      'replaced by a copy',
      async (path: string) => {
        await copyFile(path, `${path}.copy`);
        await rename(`${path}.copy`, path);
      },
    ],
    ['left without its write-ahead log', (path: string) => rm(`${path}-wal`)],
  ])('(%s) takes no write: it answers 503, and the log says what to do', async (_, take) => {
    const folder = await servings.folder();
    const served = await servings.start(folder);
    expect(await announce(served, 'before')).toBe(201);

    await take(catalogOf(folder));

    expect(await announce(served, 'after')).toBe(503);
    const line = await served.book.line(({ err }) =>
      JSON.stringify(err ?? '').includes('while the service was running'),
    );
    expect(JSON.stringify(line)).toContain('stowage catalog restore');
  });

  test('is read no more once that was noticed, and again when the file is back', async () => {
    const folder = await servings.folder();
    const served = await servings.start(folder);
    const path = catalogOf(folder);

    await rename(path, `${path}.away`);
    await served.book.line(({ msg }) =>
      String(msg).includes('was removed while the service was running'),
    );
    expect(await statusOf(served, 'GET', '/v1/channels')).toBe(503);
    await rename(`${path}.away`, path);
    await served.book.line(({ msg }) => msg === 'the catalog is in its place again');

    expect(await statusOf(served, 'GET', '/v1/channels')).toBe(200);
    expect(await announce(served, 'after')).toBe(201);
  });
});

describe('a start without the catalog of a storage', () => {
  test.each([
    ['missing', (path: string) => rm(path)],
    ['empty', (path: string) => writeFile(path, '')],
  ])('(%s) is refused where files were published, and names the commands', async (_, take) => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    await putFile(folder);
    await first.running.stop();
    await take(catalogOf(folder));

    await expect(servings.start(folder)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /is missing or empty, but Stowage has published here .*stowage catalog rebuild/,
      ),
    });
  });

  test('is refused, too, where a release without markers published', async () => {
    const folder = await servings.folder();
    await putFile(folder);
    await mkdir(join(folder, '.stowage'));
    await writeFile(join(folder, '.stowage', 'url-signing-key'), `${'k'.repeat(43)}\n`);

    await expect(servings.start(folder)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('is allowed over a tree of files that Stowage did not publish', async () => {
    const folder = await servings.folder();
    await putFile(folder);

    const served = await servings.start(folder);

    expect(await announce(served, 'q')).toBe(201);
    await served.running.stop();
    expect(await announce(await servings.start(folder), 'r')).toBe(201);
  });
});

describe('the marker of a storage', () => {
  test('names its catalog, which another storage can not take for its own', async () => {
    const [one, two] = [await servings.folder(), await servings.folder()];
    const first = await servings.start(one);
    await first.running.stop();
    const second = await servings.start(two);
    await second.running.stop();
    const marker = JSON.parse(await readFile(join(two, '.stowage', 'catalog.json'), 'utf8'));

    await copyFile(catalogOf(one), catalogOf(two));

    await expect(servings.start(two)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        new RegExp(`is the catalog of another storage: .* names ${marker.catalogId}`),
      ),
    });
  });

  test('is made at the first start on a catalog of a release without markers, wherever that catalog is', async () => {
    const folder = await servings.folder();
    const elsewhere = join(await servings.folder(), 'records.db');
    await copyFile(OF_8542CD9, elsewhere);
    await putFile(folder);

    const first = await servings.start(folder, { CATALOG_PATH: elsewhere });
    expect(await statusOf(first, 'GET', '/v1/versions/1.0.0/packages/tool-available')).toBe(200);
    const marker = await readFile(join(folder, '.stowage', 'catalog.json'), 'utf8');
    await first.running.stop();
    const second = await servings.start(folder, { CATALOG_PATH: elsewhere });

    expect(await readFile(join(folder, '.stowage', 'catalog.json'), 'utf8')).toBe(marker);
    expect(await announce(second, 'after')).toBe(201);
  });

  test('that holds something else is refused, and says what to do', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    await first.running.stop();
    await writeFile(join(folder, '.stowage', 'catalog.json'), '{}');

    await expect(servings.start(folder)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(
        /catalog\.json must hold .* or remove it to take the catalog that is there/,
      ),
    });
  });
});

describe('a start on a catalog that is damaged', () => {
  test('is refused where pages are, and closes what it has opened', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    await first.running.stop();
    const bytes = await readFile(catalogOf(folder));
    // The header of the second page.
    bytes.fill(0xff, 4096, 4104);
    await writeFile(catalogOf(folder), bytes);

    await expect(servings.start(folder)).rejects.toMatchObject({
      name: 'ServiceError',
      message: expect.stringContaining('is damaged'),
    });

    expect(
      (await readdir(join(folder, '.stowage'))).filter((name) => /-wal$|server/.test(name)),
    ).toEqual([]);
  });

  test('goes on without records that are broken: 500 for their names, and the log names them', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    await announce(first, 'whole');
    await announce(first, 'broken');
    await first.running.stop();
    const db = new DatabaseSync(catalogOf(folder));
    db.exec(
      "UPDATE packages SET record = replace(record, 'broken.bin', 'brokem.bin') WHERE package_id = 'broken'",
    );
    db.close();

    const served = await servings.start(folder);

    await served.book.line(({ record }) => record === '1/broken');
    expect(await statusOf(served, 'GET', '/v1/versions/1/packages/broken')).toBe(500);
    expect(await statusOf(served, 'GET', '/v1/versions/1/packages/whole')).toBe(200);
    expect(await announce(served, 'broken')).toBe(500);
    expect(await announce(served, 'new')).toBe(201);
  });
});
