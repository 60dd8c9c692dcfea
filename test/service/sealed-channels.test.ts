/** Channels that take only sealed versions. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Answer, House } from './house.ts';

const path = { channel: 'stable' };

let house: House;
let admin: string;
let releaser: string;

beforeEach(async () => {
  house = new House();
  admin = await house.token(['admin']);
  releaser = await house.token(['release']);
  for (const version of ['1.3.0', '1.4.0'])
    await house.push(admin, version, { filename: `tool-${version}.zip` }, version);
  await seal('1.3.0');
  expect((await move('1.3.0', { policy: { requireSealed: true } }, admin)).status).toBe(200);
});

function seal(versionId: string): Promise<Answer> {
  return house.call('sealVersion', { token: releaser, path: { versionId }, body: {} });
}

function move(versionId: string, more: object = {}, token = releaser): Promise<Answer> {
  return house.call('putChannel', { token, path, body: { versionId, ...more } });
}

function rollOut(versionId: string, more: object = {}, token = releaser): Promise<Answer> {
  return house.call('putRollout', { token, path, body: { versionId, percent: 5, ...more } });
}

describe('a channel that asks for sealed versions', () => {
  test('does not move to an open version, says what to do, and moves once it is sealed', async () => {
    const refused = await move('1.4.0');
    await seal('1.4.0');
    const moved = await move('1.4.0');

    expect([refused.status, refused.json.code]).toEqual([409, 'NOT_SEALED']);
    expect(refused.json.detail).toBe(
      'channel stable takes only sealed versions, and version 1.4.0 is not sealed: seal it first, then send this again',
    );
    expect(moved.status).toBe(200);
  });

  test('starts no rollout of an open version, and starts it once it is sealed', async () => {
    const refused = await rollOut('1.4.0');
    await seal('1.4.0');
    const started = await rollOut('1.4.0');

    expect([refused.status, refused.json.code]).toEqual([409, 'NOT_SEALED']);
    expect(started.status).toBe(200);
  });

  test('asks for it also when feeds are not checked', async () => {
    const policy = { requireSealed: true, feeds: false };

    expect((await move('1.4.0', { policy }, admin)).json.code).toBe('NOT_SEALED');
  });

  test('does not go back to an open version that it remembers', async () => {
    await move('1.4.0', { skipChecks: true }, admin);
    await move('1.3.0');

    expect((await move('1.4.0')).json.code).toBe('NOT_SEALED');
  });

  test('is moved to an open version by admins who skip the checks, which is logged', async () => {
    expect((await move('1.4.0', { skipChecks: true })).status).toBe(403);
    expect((await move('1.4.0', { skipChecks: true }, admin)).status).toBe(200);

    expect(house.log().at(-2)).toMatchObject({ action: 'putChannel', skippedChecks: true });
  });

  test('does not read large files for that: seals alone count where nothing else is asked', async () => {
    await house.push(admin, '1.5.0', { filename: 'latest.yml' }, 'not a feed');
    await seal('1.5.0');

    expect((await move('1.5.0')).status).toBe(200);
  });
});

test('a channel stays where it is, whatever it asks from now on', async () => {
  await move('1.4.0', { skipChecks: true }, admin);

  expect((await move('1.4.0', { policy: { requireSealed: true } }, admin)).status).toBe(200);
});
