/**
 * A storage and a catalog that release 8542cd9 left are upgraded by this one, which answers as that
 * release did.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoServer } from '../../storage/dynamo/harness.ts';
import { PlainClient, send } from '../../support/plain-client.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { type Asked, ask } from './answers.ts';
import { CONTENTS, declare, type FixtureSecrets } from './contents.ts';
import { type Fixture, openDynamoFixture, openSqliteFixture } from './fixture.ts';
import { CHECKOUT, type Release, succeed, unpackRelease } from './release.ts';

/** What a client may ask for; each with the token that it has. */
function questions({ tokens }: FixtureSecrets): readonly Asked[] {
  const { admin, publisher, reader, expired, revoked } = tokens;
  const versions = ['1.0.0', '1.1.0', '2.0.0'].flatMap((version) => [
    `/v1/versions/${version}`,
    `/v1/versions/${version}/packages`,
    `/packages/${version}/SHA256SUMS`,
  ]);
  const packages = [
    '1.0.0/hello',
    '1.0.0/image',
    '1.0.0/yanked',
    '1.0.0/deleted',
    '1.1.0/rejected',
    '2.0.0/moved',
  ];
  const files = [
    '1.0.0/hello.txt',
    '1.0.0/image.tar.gz',
    '1.0.0/yanked.bin',
    '1.0.0/deleted.bin',
    '2.0.0/moved.bin',
  ];
  const records = packages.map((name) => `/v1/versions/${name.replace('/', '/packages/')}`);
  const stable = [
    ...files.map((file) => `/packages/${file}`),
    '/packages/1.1.0/rejected.bin',
    '/packages/0/a.bin',
  ];
  const lists = [
    '/v1/versions',
    '/v1/versions?limit=1',
    '/v1/channels',
    '/v1/tokens',
    '/channels/stable',
  ];
  const channels = [
    '/channels/stable/hello.txt',
    '/channels/next',
    '/channels/next/moved.bin',
    '/channels/gone',
  ];
  const uploads = ['announced', 'rejected', 'resumed'].map(
    (name) => `/v1/versions/1.1.0/packages/${name}/upload`,
  );
  const paths = [
    ...lists,
    ...versions,
    ...records,
    ...stable,
    ...channels,
    ...uploads,
    '/v1/nothing',
    '/healthz',
  ];
  return [
    ...paths.map((path) => ({ path, token: admin })),
    ...[...versions, ...records, ...stable, ...lists].map((path) => ({ path, token: reader })),
    ...[...versions.slice(0, 6), ...records.slice(0, 4), ...uploads].map((path) => ({
      path,
      token: publisher,
    })),
    ...stable.map((path) => ({ path, token: reader, method: 'HEAD' as const })),
    ...stable.map((path) => ({ path, token: reader, headers: { accept: 'application/json' } })),
    ...[expired, revoked, undefined].map((token) => ({ path: '/v1/versions', token })),
    { path: '/packages/1.0.0/hello.txt', token: reader, headers: { range: 'bytes=2-5' } },
    { path: '/packages/1.0.0/image.tar.gz', token: reader, headers: { range: 'bytes=-7' } },
    { path: '/packages/1.0.0/hello.txt', token: reader, headers: { range: 'bytes=99-' } },
  ];
}

/**
 * The release gave channels and SHA256SUMS a name that it made; today they have the filename. Every
 * old link still works: the questions ask for them.
 */
function byFilename(answer: string): string {
  return answer
    .replaceAll(
      '"url":"/packages/1.0.0/image.tar.gz"',
      '"url":"/packages/1.0.0/Imag%C3%A9%201.tar.gz"',
    )
    .replaceAll('  image.tar.gz\\n', `  ${Buffer.from('Imagé 1.tar.gz').toString('latin1')}\\n`);
}

/** Waits until a server has published the uploads that its first sweep found complete. */
async function settle({ url }: ServerProcess, { tokens }: FixtureSecrets): Promise<void> {
  const client = new PlainClient(url, tokens.publisher);
  for (const name of ['plain', 'arrived']) await client.complete('1.1.0', name);
}

let release: Release;
let table: DynamoServer;

beforeAll(async () => {
  release = await unpackRelease();
  table = await DynamoServer.start();
});

afterAll(async () => {
  await table.stop();
  await release.remove();
});

const KINDS: readonly (readonly [string, () => Promise<Fixture>])[] = [
  ['SQLite', openSqliteFixture],
  ['DynamoDB', () => openDynamoFixture(table)],
];

describe.each(KINDS)('a storage of release 8542cd9 with its catalog in %s', (_kind, open) => {
  let kept: Fixture;
  let upgraded: Fixture;
  let before: ServerProcess;
  let now: ServerProcess;
  const startedAt = new Date().toISOString();

  beforeAll(async () => {
    kept = await open();
    upgraded = await open();
    before = await release.serve(kept.path, kept.settings);
    now = await CHECKOUT.serve(upgraded.path, upgraded.settings);
    await settle(before, kept.secrets);
    await settle(now, upgraded.secrets);
  });

  afterAll(async () => {
    await before.stop();
    await now.stop();
    await kept.remove();
    await upgraded.remove();
  });

  test('is answered for as that release does', async () => {
    for (const asked of questions(kept.secrets)) {
      const [then, today] = await Promise.all([before, now].map(({ url }) => ask(url, asked)));
      // The two servers publish these at different times, and each release has its own number.
      const isTheirs = (name: string, value: unknown) =>
        name === 'version' ||
        (name === 'publishedAt' && String(value) >= startedAt) ||
        // The length and the hash of an answer that names files.
        (/SHA256SUMS$|^\/channels\/\w+$/.test(asked.path) &&
          /^(?:etag|content-length)$/.test(name));
      const expected = JSON.parse(
        byFilename(
          JSON.stringify(then, (name, value: unknown) =>
            isTheirs(name, value) ? undefined : value,
          ),
        ),
      ) as object;

      expect({ asked, ...today }).toMatchObject({ asked, ...expected });
    }
  });

  test('answers with the bytes that were published', async () => {
    const { reader } = kept.secrets.tokens;
    for (const [path, content] of [
      ['/packages/1.0.0/image.tar.gz', CONTENTS.image],
      ['/packages/1.1.0/arrived.bin', CONTENTS.arrived],
      ['/packages/1.1.0/plain.bin', CONTENTS.plain],
      ['/packages/2.0.0/moved.bin', CONTENTS.moved],
    ] as const) {
      const { status, body } = await ask(now.url, { path, token: reader });

      expect({ path, status, isSame: body === content.toString('latin1') }).toEqual({
        path,
        status: 200,
        isSame: true,
      });
    }
  });

  test('lets uploads end that began with that release', async () => {
    const client = new PlainClient(now.url, upgraded.secrets.tokens.publisher);
    const base = '/v1/versions/1.1.0/packages';

    await client.push('1.1.0', 'announced', CONTENTS.announced, 'single');
    const terms = declare('resumed', CONTENTS.resumed, {
      method: 'multipart',
      partChecksums: true,
    });
    const again = await client.call('POST', base, terms);
    const { parts } = await client.json<{ parts: readonly { partNumber: number }[] }>(
      'GET',
      `${base}/resumed/upload`,
    );

    expect(again.status).toBe(200);
    expect(parts.map(({ partNumber }) => partNumber)).toEqual([2]);
    expect(await client.pull('1.1.0', 'announced.bin')).toEqual(CONTENTS.announced);
  });

  test('keeps its names: what was published or deleted is refused to other bytes, what was rejected is free', async () => {
    const client = new PlainClient(now.url, upgraded.secrets.tokens.admin);
    const statuses: Record<string, number> = {};
    for (const [version, name] of [
      ['1.0.0', 'yanked'],
      ['1.0.0', 'deleted'],
      ['2.0.0', 'moved'],
      ['1.1.0', 'rejected'],
    ] as const) {
      const terms = declare(name, Buffer.from('other bytes'));
      statuses[name] = (
        await client.call('POST', `/v1/versions/${version}/packages`, terms)
      ).status;
    }

    expect(statuses).toEqual({ yanked: 409, deleted: 409, moved: 409, rejected: 201 });
  });

  test('has every file right, by what verify reads', async () => {
    const env = { ...upgraded.settings, STORAGE_LOCAL_PATH: upgraded.path };

    const [last = ''] = (await succeed(CHECKOUT, ['verify', '--json'], { env }))
      .trim()
      .split('\n')
      .slice(-1);

    expect(JSON.parse(last)).toMatchObject({ touched: 0, corrupt: 0, missing: 0, unowned: 0 });
  });

  test('is opened by that release again, or refused as newer', async () => {
    await now.stop();

    const outcome = await release.serve(upgraded.path, upgraded.settings).then(
      async (server) => {
        const { status } = await send(`${server.url}/v1/versions`, {
          headers: { authorization: `Bearer ${upgraded.secrets.tokens.reader}` },
        });
        await server.stop();
        return `answers ${status}`;
      },
      (error: Error) =>
        /has schema version \d+, this release knows up to \d+/.test(error.message)
          ? 'refuses'
          : error,
    );

    expect(['answers 200', 'refuses']).toContain(outcome);
    now = await CHECKOUT.serve(upgraded.path, upgraded.settings);
  });
});
