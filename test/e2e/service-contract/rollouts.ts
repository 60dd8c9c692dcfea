/** Rollouts of a channel, and live feeds. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ChannelAnswer, ChannelBody } from '../../../api/schemas/answers.ts';
import type { Answer } from '../../support/plain-client.ts';
import { aProblem, jsonOf, problemOf, type Visit } from './visit.ts';

const CLIENTS = Array.from({ length: 40 }, (_, index) => `client-${index}`);

export function describeRollouts(visit: () => Visit): void {
  let before: Visit;
  let after: Visit;
  let channel: string;
  let rollout: string;

  beforeEach(async () => {
    [before, after] = [visit(), visit()];
    channel = `r-${before.versionId.slice(4)}`;
    rollout = `/v1/channels/${channel}/rollout`;
    for (const here of [before, after]) {
      await here.publish('feed', Buffer.from(here.versionId), { filename: 'latest.yml' });
      const filename = `App-${here === before ? 1 : 2}.exe`;
      await here.publish('app', Buffer.from(`app of ${here.versionId}`), { filename });
    }
    const { versionId } = before;
    // The feeds name no files.
    await before.admin.json('PUT', `/v1/channels/${channel}`, { versionId, skipChecks: true });
  });
  afterEach(async () => {
    await before.admin.call('DELETE', `/v1/channels/${channel}`);
  });

  function rollOut(percent: number, more: object = {}): Promise<ChannelBody> {
    const { versionId } = after;
    const fixed = { seed: 'fixed', skipChecks: true };
    return before.admin.json('PUT', rollout, { versionId, percent, ...fixed, ...more });
  }

  /** The version that a client polls, by the channel and by a feed, which must agree. */
  async function polled(id: string, where: 'header' | 'query'): Promise<string> {
    const [query, headers]: [string, Record<string, string>] =
      where === 'query' ? [`?stagingId=${id}`, {}] : ['', { 'x-user-staging-id': id }];
    const answer = await before.asking(`/channels/${channel}${query}`, headers);
    const feed = await before.asking(`/channels/${channel}/latest.yml${query}`, headers);
    const { versionId } = jsonOf<ChannelAnswer>(answer);
    expect((await follow(feed)).toString()).toBe(versionId);
    return versionId;
  }

  async function follow(answer: Answer): Promise<Buffer> {
    if (answer.status === 200) return answer.body;
    return (await before.target.send(String(answer.headers['location']))).body;
  }

  async function insiders(): Promise<readonly string[]> {
    const inside: string[] = [];
    for (const [index, id] of CLIENTS.entries())
      if ((await polled(id, index % 2 === 0 ? 'header' : 'query')) === after.versionId)
        inside.push(id);
    return inside;
  }

  test('some clients get the new version, always the same ones, and every file has its address for all', async () => {
    await rollOut(25);
    const few = await insiders();
    await rollOut(60);
    const many = await insiders();

    expect(few.length).toBeGreaterThan(0);
    expect(many.length).toBeGreaterThan(few.length);
    expect(many.length).toBeLessThan(CLIENTS.length);
    expect(few.filter((id) => !many.includes(id))).toEqual([]);
    for (const [file, here] of [
      ['App-1.exe', before],
      ['App-2.exe', after],
    ] as const) {
      const answer = await before.admin.call('GET', `/channels/${channel}/${file}`);
      expect((await follow(answer)).toString()).toBe(`app of ${here.versionId}`);
    }
  });

  test('a pause and the end of a rollout take effect at once, and no cache keeps the answers', async () => {
    await rollOut(100);
    const ask = () => before.asking(`/channels/${channel}`, { 'x-stowage-client-id': 'a' });
    const during = await ask();
    expect(jsonOf<ChannelAnswer>(during).versionId).toBe(after.versionId);
    expect(during.headers['cache-control']).toBe('private, no-cache');
    expect(during.headers['vary']).toContain('x-user-staging-id, x-stowage-client-id');

    await rollOut(100, { paused: true });
    expect(jsonOf<ChannelAnswer>(await ask()).versionId).toBe(before.versionId);
    await rollOut(100, { paused: false });
    expect(jsonOf<ChannelAnswer>(await ask()).versionId).toBe(after.versionId);
    expect((await before.admin.call('DELETE', rollout)).status).toBe(204);
    expect(jsonOf<ChannelAnswer>(await ask()).versionId).toBe(before.versionId);
  });

  test('a completed rollout is for all clients', async () => {
    await rollOut(5);

    const { versionId } = await before.admin.json<ChannelBody>('POST', `${rollout}/complete`, {});

    expect(versionId).toBe(after.versionId);
    const answer = await before.asking(`/channels/${channel}`, {});
    expect(jsonOf<ChannelAnswer>(answer).versionId).toBe(after.versionId);
  });

  test('a feed that names a file with other bytes in the version of the channel stops it', async () => {
    await before.publish('same', Buffer.from('one'), { filename: 'App.exe' });
    await after.publish('same', Buffer.from('two'), { filename: 'App.exe' });
    await after.publish('mac', Buffer.from('path: App.exe\n'), { filename: 'latest-mac.yml' });

    const body = { versionId: after.versionId, percent: 5 };
    const answer = await before.admin.call('PUT', rollout, body);

    expect(problemOf(answer)).toEqual(aProblem(422, 'INTEGRITY'));
  });

  test('a live feed needs a channel that is there, and versions that can be compared', async () => {
    const ask = (name: string) =>
      before.admin.call('GET', `/updates/${name}/squirrel-mac/arm64/1.0.0%2B5`);

    expect(problemOf(await ask('none'))).toEqual(aProblem(404, 'NOT_FOUND'));
    expect(problemOf(await ask(channel))).toEqual(aProblem(409, 'CONFLICT'));
  });
}
