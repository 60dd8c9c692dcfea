/** Yank, restore, delete; channels. */
import { expect, test } from '@jest/globals';
import type { ChannelAnswer } from '../../../api/schemas/answers.ts';
import { PlainClient } from '../../support/plain-client.ts';
import { aProblem, declaration, problemOf, until, type Visit } from './visit.ts';

const HELLO = Buffer.from('hello, world');

export function describeAdministration(visit: () => Visit): void {
  test('a yanked package is gone for readers until it is restored', async () => {
    const here = visit();
    await here.publish('hello', HELLO);

    await here.admin.json('POST', here.path('/packages/hello/yank'), { reason: 'wrong build' });
    const yanked = await here.admin.call('GET', here.stable('hello.bin'));
    const record = await here.package('hello');
    const sums = await here.admin.call('GET', here.stable('SHA256SUMS'));
    await here.admin.json('POST', here.path('/packages/hello/restore'));

    expect(problemOf(yanked)).toEqual(aProblem(410, 'YANKED'));
    expect(record).toMatchObject({ state: 'yanked', yankReason: 'wrong build' });
    expect(sums.body.toString()).toBe('');
    expect((await here.target.send(await here.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('a link handed out before a yank stops where that is promised, and opens again on restore', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const link = await here.link('hello.bin');
    const before = await here.target.send(link);

    await here.admin.json('POST', here.path('/packages/hello/yank'));
    const stops = here.target.promises.yankStopsLinks ? 403 : 200;
    const yanked = await until(
      () => here.target.send(link),
      ({ status }) => status === stops,
    );
    await here.admin.json('POST', here.path('/packages/hello/restore'));
    const restored = await until(
      () => here.target.send(link),
      ({ status }) => status === 200,
    );

    expect([before.status, yanked.status, restored.status]).toEqual([200, stops, 200]);
  });

  test('a deleted package has no bytes, and its name stays reserved', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const link = await here.link('hello.bin');

    const deleted = await here.admin.call('DELETE', here.path('/packages/hello'));
    const again = await here.admin.call('DELETE', here.path('/packages/hello'));

    expect([deleted.status, again.status]).toEqual([200, 200]);
    expect([403, 404]).toContain((await here.target.send(link)).status);
    expect(problemOf(await here.admin.call('GET', here.stable('hello.bin')))).toEqual(
      aProblem(404, 'NOT_FOUND'),
    );
    expect(
      problemOf(await here.admin.call('POST', here.path('/packages'), declaration('hello', HELLO))),
    ).toEqual(aProblem(409, 'ALREADY_EXISTS'));
  });

  test('a channel leads to the version that it points at, wherever it moves', async () => {
    const [older, newer] = [visit(), visit()];
    await older.publish('hello', Buffer.from('old'));
    await newer.publish('hello', Buffer.from('new'));
    const channel = `c${older.versionId.slice(-12)}`;
    const { admin, target } = older;

    await admin.json('PUT', `/v1/channels/${channel}`, { versionId: older.versionId });
    const first = await admin.call('GET', `/channels/${channel}/hello.bin`);
    const moved = { versionId: newer.versionId, expectedVersionId: older.versionId };
    await admin.json('PUT', `/v1/channels/${channel}`, moved);
    const second = await admin.call('GET', `/channels/${channel}/hello.bin`);
    const late = await admin.call('PUT', `/v1/channels/${channel}`, moved);
    const answer = await admin.json<ChannelAnswer>('GET', `/channels/${channel}`);
    const sums = await admin.call('GET', `/channels/${channel}/SHA256SUMS`);

    const bodies = [first, second].map(({ headers }) => target.send(String(headers['location'])));
    expect((await Promise.all(bodies)).map(({ body }) => body.toString())).toEqual(['old', 'new']);
    expect(problemOf(late)).toEqual(aProblem(409, 'CONFLICT'));
    expect(answer).toMatchObject({
      versionId: newer.versionId,
      packages: [{ packageId: 'hello', url: target.url + newer.stable('hello.bin') }],
    });
    expect(sums.body.toString()).toMatch(/ {2}hello\.bin\n$/);
    expect((await admin.call('DELETE', `/v1/channels/${channel}`)).status).toBe(204);
    expect(problemOf(await admin.call('GET', `/channels/${channel}`))).toEqual(
      aProblem(404, 'NOT_FOUND'),
    );
  });

  test('an updater that has the current channel answer learns that nothing is new', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const channel = `c${here.versionId.slice(-12)}`;
    await here.admin.json('PUT', `/v1/channels/${channel}`, { versionId: here.versionId });

    const { headers } = await here.asking(`/channels/${channel}`, {});
    const again = await here.asking(`/channels/${channel}`, {
      'if-none-match': String(headers['etag']),
    });

    expect([again.status, again.body.length]).toEqual([304, 0]);
    await here.admin.call('DELETE', `/v1/channels/${channel}`);
  });

  test('a token is revoked with what it made, or alone', async () => {
    const here = visit();
    const make = (maker: PlainClient, name: string) =>
      here.makeToken(maker, { name, scopes: ['admin'] });
    const using = ({ token }: { token: string }) =>
      new PlainClient(here.target.url, token, here.target.send);
    const parent = await make(here.admin, 'parent');
    const [child, kept] = [await make(using(parent), 'child'), await make(using(parent), 'kept')];
    const grandchild = await make(using(child), 'grandchild');
    const keptsChild = await make(using(kept), "kept's child");

    const alone = await here.admin.call('DELETE', `/v1/tokens/${kept.tokenId}?keepChildren=true`);
    expect((await using(keptsChild).call('GET', '/v1/tokens')).status).toBe(200);
    const together = await here.admin.call('DELETE', `/v1/tokens/${parent.tokenId}`);
    const revoked = [parent, child, kept, grandchild, keptsChild].map(({ tokenId }) => tokenId);
    const { items } = await until(
      () => here.admin.json<{ items: { tokenId: string }[] }>('GET', '/v1/tokens?limit=1000'),
      (list) => !list.items.some(({ tokenId }) => revoked.includes(tokenId)),
    );

    expect([alone.status, together.status]).toEqual([204, 204]);
    expect(items.filter(({ tokenId }) => revoked.includes(tokenId))).toEqual([]);
  });

  test('a channel points at no version that is not there', async () => {
    const here = visit();

    const answer = await here.admin.call('PUT', '/v1/channels/nowhere', {
      versionId: here.versionId,
    });

    expect(problemOf(answer)).toEqual(aProblem(404, 'NOT_FOUND'));
  });
}
