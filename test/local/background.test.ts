/** Verification and sweeps as they run beside the server, from outside. */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type PackageRef,
  packageKey,
  parseExt,
  parsePackageId,
  parseVersionId,
} from '../../core/names.ts';
import type { PackageChange } from '../../core/records.ts';
import { Background } from '../../local/background.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { ref, World } from '../core/world.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { PlainClient, send } from '../support/plain-client.ts';
import { LogBook, type LogLine, Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

const MIB = 1024 * 1024;
const LONG_AGO = '2020-01-01T00:00:00.000Z';
const TOOL: PackageRef = { versionId: parseVersionId('1.0'), packageId: parsePackageId('tool') };
const PATH = '/v1/versions/1.0/packages/tool';

interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Announces `declared` and sends `sent`, but does not complete. */
async function sendOnly(
  client: PlainClient,
  declared: Buffer,
  sent: Buffer,
  method: 'single' | 'multipart',
) {
  const { upload } = await client.json<{
    upload: {
      request?: SignedRequest;
      partSize?: number;
      parts?: readonly { request: SignedRequest }[];
    };
  }>('POST', '/v1/versions/1.0/packages', {
    packageId: 'tool',
    ext: 'bin',
    size: declared.length,
    sha256: sha256Of(declared),
    method,
  });
  const requests =
    upload.request === undefined
      ? (upload.parts ?? []).map((part) => part.request)
      : [upload.request];
  const partSize = upload.partSize ?? sent.length;
  for (const [index, { url, ...options }] of requests.entries()) {
    const body = sent.subarray(index * partSize, (index + 1) * partSize);
    expect((await send(url, { ...options, body })).status).toBe(200);
  }
}

async function stateOf(client: PlainClient): Promise<string | number> {
  const answer = await client.call('GET', PATH);
  return answer.status === 200 ? JSON.parse(answer.body.toString()).state : answer.status;
}

/** What a test can't wait for, such as a week, is written into the catalog while no server runs. */
async function change(folder: string, what: PackageChange): Promise<void> {
  const catalog = SqliteCatalog.open({ path: join(folder, '.stowage', 'catalog.db') });
  const record = await catalog.getPackage(TOOL);
  if (record === undefined) throw new Error('there is no record');
  await catalog.changePackage(TOOL, { attemptId: record.attemptId, states: [record.state] }, what);
  await catalog.close();
}

const isVerification = (line: LogLine) => line['action'] === 'verifyUpload';

describe('a multipart upload', () => {
  test('is verified beside the requests, and published', async () => {
    const { url, token, book } = await servings.start(await servings.folder());
    const client = new PlainClient(url, token);
    const bytes = randomBytes(17 * MIB);

    await client.push('1.0', 'tool', bytes, 'multipart');

    expect((await client.pull('1.0', 'tool.bin')).equals(bytes)).toBe(true);
    expect(await book.line(isVerification)).toMatchObject({
      audit: true,
      packageId: 'tool',
      state: 'available',
    });
  });

  test('with other bytes than were declared is rejected, and leaves nothing', async () => {
    const folder = await servings.folder();
    const { url, token, book } = await servings.start(folder);
    const client = new PlainClient(url, token);
    const bytes = randomBytes(17 * MIB);
    const wrong = Buffer.from(bytes);
    wrong[16 * MIB] = 255 - (wrong[16 * MIB] ?? 0);

    await sendOnly(client, bytes, wrong, 'multipart');
    expect((await client.call('POST', `${PATH}/complete`)).status).toBe(202);

    expect(await book.line(isVerification)).toMatchObject({
      state: 'rejected',
      reason: { code: 'INTEGRITY' },
    });
    expect(await stateOf(client)).toBe('rejected');
    expect((await client.call('POST', `${PATH}/complete`)).status).toBe(422);
    expect((await client.call('GET', '/packages/1.0/tool.bin')).status).toBe(404);
    expect(await readdir(join(folder, 'packages'))).toEqual([]);
    expect(await readdir(join(folder, '.stowage', 'uploads'))).toEqual([]);
  });
});

describe('the sweep of a start', () => {
  test('has what was verifying verified', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    const bytes = randomBytes(17 * MIB);
    await sendOnly(new PlainClient(first.url, first.token), bytes, bytes, 'multipart');
    await first.running.stop();
    await change(folder, { state: 'verifying' });

    const second = await servings.start(folder);

    expect(await second.book.line(isVerification)).toMatchObject({ state: 'available' });
    expect(
      (await new PlainClient(second.url, second.token).pull('1.0', 'tool.bin')).equals(bytes),
    ).toBe(true);
  });

  test('publishes for a publisher that was lost after sending all', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    const bytes = Buffer.from('all of it');
    await sendOnly(new PlainClient(first.url, first.token), bytes, bytes, 'single');
    await first.running.stop();
    await change(folder, { touchedAt: LONG_AGO });

    const second = await servings.start(folder);

    expect(await stateOf(new PlainClient(second.url, second.token))).toBe('available');
  });

  test('frees the name of an abandoned upload', async () => {
    const folder = await servings.folder();
    const first = await servings.start(folder);
    const bytes = randomBytes(17 * MIB);
    await sendOnly(new PlainClient(first.url, first.token), bytes, bytes, 'multipart');
    await first.running.stop();
    await change(folder, { touchedAt: LONG_AGO });

    const second = await servings.start(folder);

    expect(await stateOf(new PlainClient(second.url, second.token))).toBe(404);
    expect(await readdir(join(folder, '.stowage', 'uploads'))).toEqual([]);
    expect(await second.book.line((line) => line['msg'] === 'swept')).toMatchObject({
      sweep: { expired: 1 },
    });
  });
});

describe('Background', () => {
  test.each([
    [true, 1],
    [false, 0],
  ])(
    'shared with other servers: %p; its first sweep spares %i uploads that began just now',
    async (isShared, spared) => {
      const world = new World();
      const key = packageKey(TOOL.versionId, TOOL.packageId, parseExt('bin'));
      const plan = { partSize: 5 * MIB, partCount: 1, partChecksums: false };
      const terms = {
        size: 1,
        sha256: sha256Of('a'),
        contentType: 'a/b',
        contentDisposition: 'attachment',
      };
      await world.memory.beginMultipart(
        key,
        { ...terms, cacheControl: 'no-cache', attemptId: 'another' },
        plan,
      );

      await new Background({ deps: world.deps, log: new LogBook().log, isShared }).sweepAtStart();

      const left = [];
      for await (const leftover of world.memory.leftovers()) left.push(leftover.key);
      expect(left).toHaveLength(spared);
    },
  );

  test('sweeps again and again, until it is stopped', async () => {
    const world = new World();
    const book = new LogBook();
    await world.create('bytes');
    world.pass(700_000);
    const background = new Background({ deps: world.deps, log: book.log, sweepEverySeconds: 0 });

    background.start();
    await book.line((line) => line['msg'] === 'swept');
    expect(await world.catalog.getPackage(ref)).toBeUndefined();
    await world.create('bytes');
    world.pass(700_000);
    const swept = book.lines.length;
    await book.line((line) => book.lines.indexOf(line) >= swept);
    await background.stop(60_000);

    expect(await world.catalog.getPackage(ref)).toBeUndefined();
  });

  test('goes on after a sweep that failed', async () => {
    const world = new World();
    const book = new LogBook();
    let failures = 1;
    const catalog = new Proxy(world.catalog, {
      get(target, name) {
        if (name === 'unfinished' && failures-- > 0) throw new Error('the catalog is away');
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const background = new Background({
      deps: { ...world.deps, catalog },
      log: book.log,
      sweepEverySeconds: 0,
    });
    await world.create('bytes');
    world.pass(700_000);

    background.start();
    await book.line((line) => line['msg'] === 'swept');
    await background.stop(60_000);

    expect(book.lines[0]).toMatchObject({ msg: 'sweep failed, to be tried again' });
  });
});
