/** `stowage rollout`, from the first clients to all of them, and back. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { House, UNKNOWN_ROUTE } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.write('My App.txt', 'my app');
  for (const version of ['1.0.0', '1.1.0'])
    await house.stowage(['push', 'My App.txt', '--version', version, '--package', 'app']);
});
afterAll(() => house.close());
beforeEach(async () => {
  await house.stowage(['rollout', 'abort', 'stable']);
  await lines('channel', 'set', 'stable', '1.0.0');
});

async function lines(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, code } = await house.stowage(words);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return stdout.trimEnd().split('\n');
}

async function versionFor(id: string): Promise<string> {
  const url = `${house.server.url}/channels/stable?stagingId=${id}`;
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${house.server.adminToken}` },
  });
  return ((await answer.json()) as { readonly versionId: string }).versionId;
}

describe('a rollout', () => {
  test('is started, changed, paused, resumed, shown and completed', async () => {
    const since = expect.stringMatching(/, since 2\S+Z$/);
    const rollout = (...words: readonly string[]) => lines('rollout', ...words);

    expect(await rollout('status', 'stable')).toEqual(['stable -> 1.0.0; it rolls out no version']);
    expect(await rollout('start', 'stable', '1.1.0', '--percent', '0.5')).toEqual([
      expect.stringMatching(/^stable -> 1\.0\.0; 1\.1\.0 to 0\.5 % of the clients, since 2\S+Z$/),
    ]);
    expect(await rollout('set', 'stable', '--percent', '100')).toEqual([since]);
    expect(await versionFor('anyone')).toBe('1.1.0');
    expect(await rollout('pause', 'stable')).toEqual([
      expect.stringMatching(/^stable -> 1\.0\.0; 1\.1\.0 paused at 100 %, since/),
    ]);
    expect(await versionFor('anyone')).toBe('1.0.0');
    expect(await rollout('resume', 'stable')).toEqual([since]);
    expect(await versionFor('anyone')).toBe('1.1.0');
    const [json = ''] = await rollout('status', 'stable', '--json');
    expect(JSON.parse(json).rollout).toMatchObject({ percent: 100, seed: '1.1.0', paused: false });
    expect(await rollout('complete', 'stable')).toEqual(['stable -> 1.1.0, for all clients']);
    expect(await rollout('status', 'stable')).toEqual(['stable -> 1.1.0; it rolls out no version']);
  });

  test('is aborted: all clients get the version of the channel', async () => {
    await lines('rollout', 'start', 'stable', '1.1.0', '--percent', '100', '--seed', 'beta');

    const history = await house.stowage(['channel', 'history', 'stable']);
    expect(history.stderr).toMatch(/it rolls out 1\.1\.0; see stowage rollout status stable\n$/);
    expect(await lines('rollout', 'abort', 'stable')).toEqual([
      'stable -> 1.0.0, for all clients; the rollout of 1.1.0 is ended',
    ]);
    expect(await versionFor('anyone')).toBe('1.0.0');
  });

  test.each([
    [
      'there is none',
      ['pause', 'stable'],
      1,
      /rolls out no version \(NOT_FOUND\)\n.*rollout start/,
    ],
    ['there is no channel', ['status', 'none'], 1, /there is no channel none.*\n.*channel ls/],
    ['the share is none', ['start', 'stable', '1.1.0', '--percent', 'five'], 2, /from 0 to 100/],
    ['the share is too large', ['set', 'stable', '--percent', '101'], 2, /from 0 to 100/],
    ['the share is missing', ['start', 'stable', '1.1.0'], 2, /--percent/],
    [
      'the channel points at the version',
      ['start', 'stable', '1.0.0', '--percent', '5'],
      1,
      /points at 1\.0\.0 already/,
    ],
  ])('is refused where %s', async (_, words, code, message) => {
    const ran = await house.stowage(['rollout', ...words]);

    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('names what a service of an earlier release lacks', async () => {
    house.proxy.decide = ({ path }) => (path.endsWith('/rollout') ? UNKNOWN_ROUTE : 'forward');
    const ran = await house.stowage(['rollout', 'start', 'stable', '1.1.0', '--percent', '5']);
    house.proxy.reset();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/has no rollouts \(NOT_SUPPORTED\)\n.*update it\n$/);
  });
});
