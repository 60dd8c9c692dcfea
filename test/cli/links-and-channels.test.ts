/** Links for people, and channels that go back. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { House, UNKNOWN_ROUTE } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.write('My App.txt', 'my app');
  for (const version of ['1.0.0', '1.1.0', '1.2.0'])
    await house.stowage(['push', 'My App.txt', '--version', version, '--package', 'app']);
});
afterAll(() => house.close());

async function lines(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout, code } = await house.stowage(words);
  expect(code).toBe(0);
  return stdout.trimEnd().split('\n');
}

describe('link', () => {
  test('prints a link alone, which works without a token, as often as it may', async () => {
    const ran = await house.stowage(['link', '1.0.0/My App.txt', '--max-downloads', '1']);

    const url = ran.stdout.trim();
    const first = await fetch(url);
    const second = await fetch(url);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http\S+\n$/) });
    expect(ran.stderr).toMatch(/^link [0-9a-f]+ works until 2\S+Z, for 1 downloads; /);
    expect([first.status, await first.text(), second.status]).toEqual([200, 'my app', 404]);
  });

  test('takes a package id, a time and a note, and is listed and ended', async () => {
    const [json = ''] = await lines(
      ...['link', '1.0.0/app', '--expires', '2d', '--note', 'for ACME', '--json'],
    );
    const { linkId, url, expiresAt } = JSON.parse(json) as Record<string, string>;
    const days = (Date.parse(expiresAt ?? '') - Date.now()) / 86_400_000;

    const [head, ...rows] = await lines('link', 'ls');
    const ended = await lines('link', 'rm', linkId ?? '');

    expect(days).toBeGreaterThan(1.9);
    expect(days).toBeLessThanOrEqual(2);
    expect(head).toMatch(/^LINK +FILE +EXPIRES +DOWNLOADS +TOKEN +NOTE$/);
    expect(rows).toContainEqual(
      expect.stringMatching(new RegExp(`^${linkId} +1\\.0\\.0/My App\\.txt +2.*- .*for ACME$`)),
    );
    expect(rows.join()).not.toContain(url?.split('k=')[1]);
    expect(ended).toEqual([`${linkId}: ended`]);
    expect((await fetch(url ?? '')).status).toBe(404);
  });

  test.each([
    ['a time that is too far away', ['1.0.0/app', '--expires', '31d'], 1],
    ['a time that is none', ['1.0.0/app', '--expires', 'soon'], 2],
    ['no file', ['1.0.0'], 2],
    ['no download', ['1.0.0/app', '--max-downloads', '0'], 2],
    ['a file that is not there', ['1.0.0/nope.txt'], 1],
  ])('is refused for %s', async (_what, words, code) => {
    const ran = await house.stowage(['link', ...words]);

    expect(ran.code).toBe(code);
    expect(ran.stdout).toBe('');
  });

  test('names what a service of an earlier release lacks', async () => {
    house.proxy.decide = ({ path }) => (path === '/v1/links' ? UNKNOWN_ROUTE : 'forward');
    const ran = await house.stowage(['link', '1.0.0/My App.txt']);
    house.proxy.reset();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/has no links for people \(NOT_SUPPORTED\)\n.*update it\n$/);
  });
});

describe('channel', () => {
  test('goes back to the version before, or to an older one, and shows its history', async () => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0'])
      await lines('channel', 'set', 'stable', version);

    expect(await lines('channel', 'rollback', 'stable')).toEqual(['stable -> 1.1.0 (was 1.2.0)']);
    expect(await lines('channel', 'rollback', 'stable', '--to', '1.0.0')).toEqual([
      'stable -> 1.0.0 (was 1.1.0)',
    ]);
    expect(await lines('channel', 'rollback', 'stable', '--to', '1.0.0')).toEqual([
      'stable -> 1.0.0: it points there already',
    ]);
    const [head, ...rows] = await lines('channel', 'history', 'stable');
    expect(head).toMatch(/^VERSION +MOVED +BY TOKEN$/);
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['1.0.0', '1.1.0', '1.2.0']);
    const [json = ''] = await lines('channel', 'rollback', 'stable', '--json');
    expect(JSON.parse(json)).toMatchObject({ versionId: '1.1.0', from: '1.0.0' });
  });

  test('is listed with whether its downloads need a token', async () => {
    await lines('channel', 'set', 'open', '1.0.0', '--public');
    await lines('channel', 'set', 'shut', '1.0.0', '--private');

    const [head, ...rows] = await lines('channel', 'ls');
    expect(head).toMatch(/^CHANNEL +VERSION +UPDATED +DOWNLOADS$/);
    expect(rows.find((row) => row.startsWith('open '))).toMatch(/ public$/);
    expect(rows.find((row) => row.startsWith('shut '))).toMatch(/ private$/);
  });

  test('that others move meanwhile is not moved', async () => {
    await lines('channel', 'set', 'busy', '1.0.0');
    await lines('channel', 'set', 'busy', '1.1.0');
    house.proxy.decide = async ({ method }): Promise<'forward'> => {
      if (method === 'PUT') {
        const env = { STOWAGE_URL: house.server.url };
        await house.stowage(['channel', 'set', 'busy', '1.2.0'], { env });
      }
      return 'forward';
    };

    const ran = await house.stowage(['channel', 'rollback', 'busy']);
    house.proxy.reset();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/points at 1\.2\.0, expected 1\.1\.0 \(CONFLICT\)/);
  });

  test('without a version before, or with one that it does not remember, says what to do', async () => {
    await lines('channel', 'set', 'new', '1.0.0');

    const none = await house.stowage(['channel', 'rollback', 'new']);
    const other = await house.stowage(['channel', 'rollback', 'new', '--to', '1.2.0']);
    const unknown = await house.stowage(['channel', 'history', 'nope']);

    expect([none.code, other.code, unknown.code]).toEqual([1, 1, 1]);
    expect(none.stderr).toMatch(
      /pointed at 1\.0\.0 alone \(NOT_FOUND\)\n.*channel set new VERSION/,
    );
    expect(other.stderr).toMatch(/does not remember version 1\.2\.0; it remembers 1\.0\.0/);
    expect(unknown.stderr).toMatch(/\(NOT_FOUND\)\n.*stowage channel ls\n$/);
  });

  test('is opened and closed where it is', async () => {
    await lines('channel', 'set', 'open', '1.1.0');
    const file = `${house.server.url}/channels/open/My%20App.txt`;

    const opened = await lines('channel', 'set', 'open', '--public');
    const whenOpen = await fetch(file);
    const moved = await lines('channel', 'set', 'open', '1.2.0');
    const afterMove = await fetch(file);
    const closed = await lines('channel', 'set', 'open', '--private');
    const whenClosed = await fetch(file);

    expect([opened, moved, closed]).toEqual([
      ['open -> 1.1.0; its downloads need no token'],
      ['open -> 1.2.0'],
      ['open -> 1.2.0; its downloads need a token'],
    ]);
    expect([whenOpen.status, afterMove.status, whenClosed.status]).toEqual([200, 200, 401]);
  });

  test.each([
    ['neither a version nor access', ['set', 'stable']],
    ['both kinds of access', ['set', 'stable', '1.0.0', '--public', '--private']],
  ])('with %s is misuse', async (_what, words) => {
    expect((await house.stowage(['channel', ...words])).code).toBe(2);
  });

  test.each([
    [
      'history',
      ['history', 'stable'],
      'history of channels',
      { code: 'METHOD_NOT_ALLOWED', detail: 'this path takes PUT, DELETE, got "GET"' },
      405,
    ],
    [
      'public access',
      ['set', 'stable', '1.0.0', '--public'],
      'public channels',
      { code: 'INVALID_INPUT', detail: 'unknown field: public' },
      400,
    ],
  ])(
    'of an earlier release has no %s, and the message says so',
    async (_what, words, what, problem, status) => {
      house.proxy.decide = ({ path }) =>
        path === '/v1/channels/stable'
          ? { ...UNKNOWN_ROUTE, status, body: JSON.stringify(problem) }
          : 'forward';
      const ran = await house.stowage(['channel', ...words]);
      house.proxy.reset();

      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(`has no ${what} (NOT_SUPPORTED)`);
    },
  );
});
