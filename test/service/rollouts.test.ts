/** Rollouts: a share of a channel's clients gets a version before the others, and always the same clients. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import type { CallOptions } from './events.ts';
import { type Answer, type House, openHouse } from './house.ts';

const OLD = '1.4.0';
const NEW = '1.5.0';

let house: House;
let admin: string;
let release: string;
let reader: string;

beforeEach(async () => {
  ({ house, admin, reader } = await openHouse());
  release = await house.token(['release']);
  for (const versionId of [OLD, NEW]) {
    await push(versionId, 'latest.yml', `version: ${versionId}\npath: App-${versionId}.exe\n`);
    await push(versionId, 'releases.win.json', `{"FileName":"App-${versionId}-full.nupkg"}`);
    for (const name of ['.exe', '.exe.blockmap', '-full.nupkg'])
      await push(versionId, `App-${versionId}${name}`);
    // Velopack gives it the same name in every version.
    await push(versionId, 'App-win-Setup.exe');
  }
  // The feeds here hold only what rollouts read of them.
  await move(OLD, { policy: { feeds: false } });
});

async function push(
  versionId: string,
  filename: string,
  content = `${filename} of ${versionId}`,
): Promise<void> {
  expect((await house.push(admin, versionId, { filename }, content)).status).toBe(200);
}

function later(): void {
  house.now = new Date(house.now.getTime() + 1000);
}

function move(versionId: string, more: object = {}, token = admin): Promise<Answer> {
  later();
  const path = { channel: 'stable' };
  return house.call('putChannel', { token, path, body: { versionId, ...more } });
}

function rollOut(percent: number, more: object = {}, token = release): Promise<Answer> {
  later();
  const body = { versionId: NEW, percent, ...more };
  return house.call('putRollout', { token, path: { channel: 'stable' }, body });
}

async function end(
  operation: 'completeRollout' | 'deleteRollout',
  token = release,
): Promise<number> {
  later();
  const body = operation === 'completeRollout' ? { body: {} } : {};
  return (await house.call(operation, { token, path: { channel: 'stable' }, ...body })).status;
}

/** An installation that polls, and says of which version its feed is. */
interface Client {
  readonly feed: () => Promise<string>;
  readonly ask: CallOptions;
}

function download(file: string, ask: CallOptions = {}): Promise<Answer> {
  return house.call('downloadFromChannel', {
    ...ask,
    token: reader,
    path: { channel: 'stable', file },
  });
}

async function sumOf(file: string, ask: CallOptions = {}): Promise<string> {
  const answer = await download(file, ask);
  return String(answer.headers['x-checksum-sha256'] ?? answer.status);
}

function clientOf(
  ask: CallOptions,
  feed: string,
  contentOf: (versionId: string) => string,
): Client {
  const byVersion = new Map([OLD, NEW].map((one) => [sha256Of(contentOf(one)), one]));
  return { ask, feed: async () => byVersion.get(await sumOf(feed, ask)) ?? 'none' };
}

/** electron-updater sends a UUID that it made once, in a header. */
function electron(id: string): Client {
  const ask = { headers: { 'x-user-staging-id': id } };
  return clientOf(ask, 'latest.yml', (one) => `version: ${one}\npath: App-${one}.exe\n`);
}

/** Velopack sends its own in the query, beside others. */
function velopack(id: string): Client {
  const ask = { query: { localVersion: '1.3.0', id: 'App', stagingId: id } };
  return clientOf(ask, 'releases.win.json', (one) => `{"FileName":"App-${one}-full.nupkg"}`);
}

/** The same UUIDs in every run. */
function uuid(index: number): string {
  const digits = sha256Of(`installation ${index}`);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-5${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

const COUNT = 200;
const installations: readonly Client[] = Array.from({ length: COUNT }, (_, index) =>
  (index % 2 === 0 ? electron : velopack)(uuid(index)),
);

/** Which of the installations get the new version. */
async function insiders(): Promise<readonly number[]> {
  const feeds = await Promise.all(installations.map((client) => client.feed()));
  expect(feeds.filter((one) => one !== OLD && one !== NEW)).toEqual([]);
  return feeds.flatMap((one, index) => (one === NEW ? [index] : []));
}

describe('200 installations with ids of their own', () => {
  test.each(['a', 'b', 'c', NEW])(
    'are split as the percentage says, within 3 sigma, and none is taken back: seed %s',
    async (seed) => {
      let before: readonly number[] = [];
      for (const percent of [0, 10, 50, 100]) {
        expect((await rollOut(percent, { seed })).status).toBe(200);

        const inside = await insiders();

        const share = percent / 100;
        const sigma = Math.sqrt(COUNT * share * (1 - share));
        expect(Math.abs(inside.length - COUNT * share)).toBeLessThanOrEqual(3 * sigma);
        expect(await insiders()).toEqual(inside);
        expect(before.filter((one) => !inside.includes(one))).toEqual([]);
        before = inside;
      }
    },
  );

  test('are others with another seed', async () => {
    await rollOut(50, { seed: 'a' });
    const first = await insiders();
    await rollOut(50, { seed: 'b' });

    expect(await insiders()).not.toEqual(first);
  });

  test('can download every file that either feed names, without an id', async () => {
    await rollOut(50);

    for (const versionId of [OLD, NEW])
      for (const name of ['.exe', '.exe.blockmap', '-full.nupkg'])
        expect(await sumOf(`App-${versionId}${name}`)).toBe(
          sha256Of(`App-${versionId}${name} of ${versionId}`),
        );
  });

  test('all get the old version with the next poll when the rollout is paused, and as before when it goes on', async () => {
    await rollOut(50);
    const inside = await insiders();

    await rollOut(50, { paused: true });
    expect(await insiders()).toEqual([]);
    // What is left out stays as it is.
    await rollOut(60);
    expect(await insiders()).toEqual([]);
    await rollOut(50, { paused: false });
    expect(await insiders()).toEqual(inside);
  });

  test('all get the old version with the next poll when it is ended, and its files are still served', async () => {
    await rollOut(100);
    expect(await insiders()).toHaveLength(COUNT);

    expect(await end('deleteRollout')).toBe(204);

    expect(await insiders()).toEqual([]);
    expect(await sumOf(`App-${NEW}.exe`)).toBe(sha256Of(`App-${NEW}.exe of ${NEW}`));
    expect(await end('deleteRollout')).toBe(204);
  });

  test('all get the new version when it is completed, those without an id too', async () => {
    await rollOut(10);

    expect(await end('completeRollout')).toBe(200);

    expect(await insiders()).toHaveLength(COUNT);
    expect(await electron('').feed()).toBe(NEW);
    expect(await end('completeRollout')).toBe(404);
  });
});

describe('a client without an id', () => {
  test.each([
    ['none', {}],
    ['an empty one', { headers: { 'x-user-staging-id': '' } }],
    ['one that is too long', { headers: { 'x-user-staging-id': 'x'.repeat(257) } }],
  ])('gets the version of the channel: %s', async (_, ask) => {
    await rollOut(100);

    expect(await sumOf('latest.yml', ask)).toBe(
      sha256Of(`version: ${OLD}\npath: App-${OLD}.exe\n`),
    );
    const answer = await house.call('getChannel', {
      ...ask,
      token: reader,
      path: { channel: 'stable' },
    });
    expect(answer.json.versionId).toBe(OLD);
  });
});

describe('what depends on the client', () => {
  const inside = { headers: { 'x-stowage-client-id': 'anyone' } };
  const path = { channel: 'stable' };

  test('are feeds, the channel, files for a platform and updates, and nothing else', async () => {
    await rollOut(100);
    const both = async (look: (ask: CallOptions) => Promise<unknown>) => [
      await look({}),
      await look(inside),
    ];
    const version = (text: string) => /1\.[45]\.0/.exec(text)?.[0];

    expect(
      await both(
        async (ask) =>
          (await house.call('getChannel', { ...ask, token: reader, path })).json.versionId,
      ),
    ).toEqual([OLD, NEW]);
    expect(
      await both(async (ask) => {
        const query = { ext: 'exe' };
        const platform = { channel: 'stable', os: 'windows', arch: 'x64' };
        const { status, json, headers } = await house.call('downloadForPlatform', {
          ...{ ...ask, token: reader, path: platform, query },
        });
        return status === 302 ? version(String(headers['location'])) : version(json.detail);
      }),
    ).toEqual([undefined, undefined]);
    expect(await both((ask) => sumOf('App-win-Setup.exe', ask))).toEqual(
      Array(2).fill(sha256Of(`App-win-Setup.exe of ${OLD}`)),
    );
    expect(
      await both(async (ask) =>
        version((await house.call('getChannelSums', { ...ask, token: reader, path })).text),
      ),
    ).toEqual([OLD, OLD]);
  });

  test('a file for a platform is that of the version of the client, at its own address', async () => {
    for (const versionId of [OLD, NEW]) {
      const wanted = { filename: 'tool-linux', os: 'linux', arch: 'x64' };
      await house.push(admin, versionId, wanted, `tool of ${versionId}`);
    }
    await move(OLD, { public: true });
    await rollOut(100);
    const locate = async (ask: CallOptions) => {
      const platform = { channel: 'stable', os: 'linux', arch: 'x64' };
      const answer = await house.call('downloadForPlatform', { ...ask, path: platform });
      return String(answer.headers['location']);
    };

    const base = 'https://files.example.com/channels/stable/tool-linux';
    expect(await locate({})).toBe(base);
    expect(await locate(inside)).toBe(`${base}?at=${NEW}`);
    expect(await sumOf('tool-linux', { query: { at: NEW } })).toBe(sha256Of(`tool of ${NEW}`));
    expect(await sumOf('tool-linux')).toBe(sha256Of(`tool of ${OLD}`));
    const { json } = await house.call('getChannel', { ...inside, path });
    const urls: readonly string[] = json.packages.map(({ url }: { url: string }) => url);
    expect(urls.filter((url) => !url.endsWith(`?at=${NEW}`))).toEqual([]);
  });

  test('a live feed is that of the version of the client', async () => {
    for (const versionId of [OLD, NEW]) await push(versionId, 'App-mac.zip');
    await rollOut(100);
    const ask = async (options: CallOptions) => {
      const update = { channel: 'stable', arch: 'x64', currentVersion: '1.3.0' };
      return (await house.call('getSquirrelMacUpdate', { ...options, token: reader, path: update }))
        .json;
    };

    expect((await ask({})).name).toBe(OLD);
    expect(await ask({ query: { stagingId: 'anyone' } })).toMatchObject({
      name: NEW,
      url: `https://files.example.com/channels/stable/App-mac.zip?at=${NEW}`,
    });
    expect(await sumOf('App-mac.zip', { query: { at: NEW } })).toBe(
      sha256Of(`App-mac.zip of ${NEW}`),
    );
  });

  test('is kept by no cache for others, and says on which headers it depends', async () => {
    const headersOf = async (): Promise<readonly unknown[]> => {
      const update = { channel: 'stable', arch: 'x64', currentVersion: '1.3.0' };
      const tool = { channel: 'stable', os: 'linux', arch: 'x64' };
      const answers = [
        await house.call('getChannel', { token: reader, path }),
        await house.call('downloadForPlatform', { token: reader, path: tool }),
        await house.call('getSquirrelMacUpdate', { token: reader, path: update }),
        await download('latest.yml'),
        await download(`App-${OLD}.exe`),
      ];
      return answers.map(({ status, headers }) => [
        status,
        headers['cache-control'],
        headers['vary'],
      ]);
    };
    await push(OLD, 'tool-linux-x64');
    const wanted = { filename: 'tool-linux', os: 'linux', arch: 'x64' };
    await house.push(admin, OLD, wanted, 'tool');
    const ids = 'x-user-staging-id, x-stowage-client-id';

    expect(await headersOf()).toEqual([
      [200, 'no-cache', 'Accept, Authorization'],
      [302, 'no-store', undefined],
      [204, 'no-cache', 'authorization'],
      [302, 'no-store', 'Accept'],
      [302, 'no-store', 'Accept'],
    ]);
    await rollOut(0);
    expect(await headersOf()).toEqual([
      [200, 'private, no-cache', `Accept, Authorization, ${ids}`],
      [302, 'no-store', ids],
      [204, 'private, no-cache', `authorization, ${ids}`],
      [302, 'no-store', `Accept, ${ids}`],
      [302, 'no-store', 'Accept'],
    ]);
  });
});

describe('a feed that the service sends itself', () => {
  test('is that of the version of the client, for this client alone', async () => {
    Object.assign(house.services, { presignedUrls: false });
    await rollOut(100);

    const answer = await download('latest.yml', { headers: { 'x-user-staging-id': 'a' } });

    expect([answer.raw.blob?.key, answer.headers['cache-control'], answer.headers['vary']]).toEqual(
      [
        expect.stringContaining(`packages/${NEW}/`),
        'private, no-cache',
        'Accept, x-user-staging-id, x-stowage-client-id',
      ],
    );
  });
});

describe('a rollout', () => {
  const path = { channel: 'stable' };
  const record = () => house.call('getChannelRecord', { token: release, path });

  test('is shown with the channel, and keeps what a change leaves out', async () => {
    const started = house.now.getTime() + 1000;
    await rollOut(5, { seed: 'mine' });
    await rollOut(20, { paused: true });

    const { json } = await record();

    expect(json.rollout).toEqual({
      versionId: NEW,
      percent: 20,
      seed: 'mine',
      paused: true,
      startedAt: new Date(started).toISOString(),
      startedBy: expect.stringMatching(/^[a-z0-9]{8,32}$/),
    });
    expect(json.versionId).toBe(OLD);
    const list = await house.call('listChannels', { token: release });
    expect(list.json.items[0].rollout.percent).toBe(20);
    const open = await house.call('getChannel', { token: release, path });
    expect(Object.keys(open.json).sort()).toEqual([
      'channel',
      'packages',
      'updatedAt',
      'versionId',
    ]);
  });

  test('has a version as its seed unless one is given: other clients come first each time', async () => {
    await rollOut(5);

    expect((await record()).json.rollout.seed).toBe(NEW);
  });

  test('does not become the version that a rollback leads to when it ended', async () => {
    await push('1.3.0', 'App-1.3.0.exe');
    await move('1.3.0');
    await move(OLD);
    await rollOut(5);
    await end('deleteRollout');

    const { json } = await record();

    expect(json.history.map(({ versionId }: { versionId: string }) => versionId)).toEqual([
      OLD,
      '1.3.0',
    ]);
    expect(json.rollout).toBeUndefined();
  });

  test('of another version ends the one before, whose files are still served', async () => {
    await push('1.6.0', 'App-1.6.0.exe');
    await rollOut(5);

    await rollOut(5, { versionId: '1.6.0' });

    expect((await record()).json.rollout).toMatchObject({ versionId: '1.6.0', seed: '1.6.0' });
    expect(await sumOf(`App-${NEW}.exe`)).toBe(sha256Of(`App-${NEW}.exe of ${NEW}`));
  });

  test('is not taken away by a move to a third version, and stays when the channel is opened', async () => {
    await push('1.4.1', 'App-1.4.1.exe');
    await rollOut(100);

    const refused = await move('1.4.1');
    expect([refused.status, refused.json.detail]).toEqual([
      409,
      `channel stable rolls out ${NEW}: complete or end that rollout before you point it elsewhere`,
    ]);
    expect((await move(OLD, { public: true })).json.rollout.percent).toBe(100);
    expect((await move(NEW)).json.rollout).toBeUndefined();
    expect(await electron('').feed()).toBe(NEW);
  });

  test.each([
    ['a version that is not there', { versionId: '9.9.9' }, 404, 'there is no version 9.9.9'],
    [
      'the version of the channel',
      { versionId: OLD },
      409,
      `channel stable points at ${OLD} already`,
    ],
    ['a share above 100', { percent: 101 }, 400, /percent/],
    ['a share below 0', { percent: -1 }, 400, /percent/],
    ['an empty seed', { seed: '' }, 400, /seed must be 1 to 64 visible ASCII characters/],
  ])('is refused for %s', async (_, body, status, detail) => {
    const answer = await rollOut(5, body);

    expect(answer.status).toBe(status);
    expect(answer.json.detail).toEqual(
      typeof detail === 'string' ? detail : expect.stringMatching(detail),
    );
  });

  test('is refused for a draft, and for a channel that is not there', async () => {
    const draft = { versionId: '2.0.0' };
    await house.call('putVersion', { token: admin, path: draft, body: { draft: true } });

    expect((await rollOut(5, draft)).status).toBe(404);
    const other = { token: release, path: { channel: 'other' } };
    const body = { versionId: NEW, percent: 5 };
    expect((await house.call('putRollout', { ...other, body })).status).toBe(404);
    expect((await house.call('completeRollout', { ...other, body: {} })).status).toBe(404);
  });

  test('needs the scope release, and a token for both versions', async () => {
    const publisher = await house.token(['publish']);
    const limited = await house.token(['release'], { versions: '1.4.*' });

    expect((await rollOut(5, {}, publisher)).status).toBe(403);
    expect((await rollOut(5, {}, limited)).status).toBe(403);
    await rollOut(5);
    expect(await end('completeRollout', limited)).toBe(403);
    expect(await end('deleteRollout', limited)).toBe(403);
    expect(
      (await house.call('getChannelRecord', { token: limited, path })).json.rollout,
    ).toBeUndefined();
  });

  test('gives a reader that may not see its version the version of the channel', async () => {
    await rollOut(100);
    const token = await house.token(['read'], { versions: '1.4.*' });
    const headers = { 'x-user-staging-id': 'a' };

    const { json } = await house.call('getChannel', { token, path, headers });

    expect(json.versionId).toBe(OLD);
  });

  test('is audited with its share', async () => {
    await rollOut(5);
    await end('completeRollout');

    const audited = house.log().filter(({ audit }) => audit === true);
    expect(audited.slice(-2)).toMatchObject([
      { action: 'putRollout', channel: 'stable', versionId: NEW, state: '5 %' },
      { action: 'completeRollout', channel: 'stable', versionId: NEW },
    ]);
  });

  test('is seen in the log and counted: who was inside, outside, and without an id', async () => {
    const counted: string[] = [];
    Object.assign(house.services, { countRollout: (group: string) => counted.push(group) });
    const ask = async (headers: Readonly<Record<string, string>>) => {
      await download('latest.yml', { headers });
      await house.call('getChannel', { token: reader, path, headers });
    };
    const seen = house.lines.length;
    await ask({ 'x-user-staging-id': 'a' });
    await rollOut(100);
    await ask({ 'x-user-staging-id': 'a' });
    await ask({});
    await download(`App-${NEW}.exe`);
    await rollOut(100, { paused: true });
    await ask({ 'x-stowage-client-id': 'a' });

    const groups = house
      .log()
      .slice(seen)
      .filter(({ operation }) => /^(?:getChannel|downloadFromChannel)$/.test(String(operation)))
      .map(({ rollout }) => rollout);
    expect(groups).toEqual([
      ...[undefined, undefined, 'inside', 'inside', 'without-id', 'without-id'],
      ...[undefined, 'outside', 'outside'],
    ]);
    expect(counted).toEqual(groups.filter((group) => group !== undefined));
  });

  test('of which 16 changes race loses none without a word', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => rollOut(index, { seed: `s${index}` })),
    );

    const { json } = await record();
    const last = answers
      .filter(({ status }) => status === 200)
      .map((one) => one.json.rollout.percent);
    expect(last).toContain(json.rollout.percent);
    expect(json.rollout.seed).toBe(`s${json.rollout.percent}`);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  test('costs no read of the catalog more than a channel without one', async () => {
    const asked: string[] = [];
    for (const name of ['getChannel', 'getVersion', 'listPackages', 'findInVersions'] as const) {
      const real = house.catalog[name].bind(house.catalog) as (...args: unknown[]) => unknown;
      Object.assign(house.catalog, {
        [name]: (...args: unknown[]) => {
          asked.push(name);
          return real(...args);
        },
      });
    }
    await rollOut(100);
    const headers = { 'x-user-staging-id': 'a' };
    const cost = async (look: () => Promise<unknown>) => {
      asked.length = 0;
      await look();
      return asked.slice();
    };

    expect(await cost(() => house.call('getChannel', { token: reader, path, headers }))).toEqual([
      'getChannel',
      'listPackages',
    ]);
    expect(await cost(() => download('latest.yml', { headers }))).toEqual([
      'getChannel',
      'findInVersions',
    ]);
    expect(await cost(() => download(`App-${NEW}.exe`))).toEqual(['getChannel', 'findInVersions']);
  });
});

describe('a file that has other bytes under the same name in the version of the channel', () => {
  test.each([
    ['electron', 'latest.yml', 'path: My App.exe\n'],
    ['Velopack', 'releases.win.json', '{"Assets":[{"FileName":"My App.exe"}]}'],
    ['an appcast', 'appcast.xml', '<enclosure url="https://x/channels/stable/My%20App.exe"/>'],
  ])('stops a rollout if a feed names it: %s', async (_, feed, content) => {
    await push('1.6.0', feed, content);
    for (const versionId of [OLD, '1.6.0']) await push(versionId, 'My App.exe');

    const { status, json } = await rollOut(5, { versionId: '1.6.0' });

    expect([status, json.code]).toEqual([422, 'INTEGRITY']);
    expect(json.detail).toBe(
      `a feed of 1.6.0 names My App.exe, and ${OLD}, which the channel points at, has other bytes under that name: clients that read the new feed would get those; publish the files under names that hold the version`,
    );
  });

  test('stops none if no feed names it, or if the name is only a part of another one', async () => {
    await push('1.6.0', 'latest.yml', 'path: My App.exe.zip\nfiles: [Old-My App.exe]\n');
    await push('1.6.0', 'assets.win.json', '[{"RelativeFileName":"My App.exe"}]');
    for (const versionId of [OLD, '1.6.0']) await push(versionId, 'My App.exe');

    expect((await rollOut(5, { versionId: '1.6.0' })).status).toBe(200);
  });

  test('stops none if the bytes are the same', async () => {
    await push('1.6.0', 'latest.yml', 'path: My App.exe\n');
    for (const versionId of [OLD, '1.6.0']) await push(versionId, 'My App.exe', 'the same');

    expect((await rollOut(5, { versionId: '1.6.0' })).status).toBe(200);
  });

  test('stops a rollout also if it was deleted or yanked there: it hides the new one', async () => {
    await push('1.6.0', 'latest.yml', 'path: My App.exe\n');
    for (const versionId of [OLD, '1.6.0']) await push(versionId, 'My App.exe', 'the same');
    const listed = await house.call('listPackages', { token: admin, path: { versionId: OLD } });
    const { packageId } = listed.json.items.find(
      ({ filename }: { filename: string }) => filename === 'My App.exe',
    );
    const path = { versionId: OLD, packageId };

    await house.call('yankPackage', { token: admin, path, body: {} });
    expect((await rollOut(5, { versionId: '1.6.0' })).status).toBe(422);
    await house.call('deletePackage', { token: admin, path });
    expect((await rollOut(5, { versionId: '1.6.0' })).status).toBe(422);
  });
});
