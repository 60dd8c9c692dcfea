/** Who may not do what: without a token, with too small a scope, with a link or upload of another file. */
import { expect, test } from '@jest/globals';
import { PlainClient } from '../../support/plain-client.ts';
import { aProblem, declaration, type MadeToken, problemOf, type Visit } from './visit.ts';

const HELLO = Buffer.from('hello, world');

export function describeRefusals(visit: () => Visit): void {
  test('no one gets in without a token, or with one that was never made', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const authorization = `Bearer stw_neverwas0_${'A'.repeat(43)}`;

    for (const [method, path] of [
      ['GET', '/v1/versions'],
      ['POST', here.path('/packages')],
      ['GET', here.stable('hello.bin')],
      ['POST', here.path('/packages/hello/yank')],
    ] as const) {
      const tokenless = await here.anonymously(method, path);
      const stranger = await here.anonymously(method, path, { headers: { authorization } });
      expect([path, problemOf(tokenless), problemOf(stranger)]).toEqual([
        path,
        aProblem(401, 'UNAUTHENTICATED'),
        aProblem(401, 'UNAUTHENTICATED'),
      ]);
      expect(tokenless.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  test('a reader reads, but neither publishes nor administers', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const reader = await here.clientWith('read');

    expect(await reader.pull(here.versionId, 'hello.bin')).toEqual(HELLO);
    expect([
      problemOf(await reader.call('POST', here.path('/packages'), declaration('more', HELLO))),
      problemOf(await reader.call('POST', here.path('/packages/hello/complete'))),
      problemOf(await reader.call('POST', here.path('/packages/hello/yank'))),
      problemOf(await reader.call('POST', '/v1/tokens', { name: 'more', scopes: ['read'] })),
    ]).toEqual(Array.from({ length: 4 }, () => aProblem(403, 'FORBIDDEN')));
  });

  test('a publisher publishes, but does not administer', async () => {
    const here = visit();
    const publisher = await here.clientWith('publish');

    await publisher.push(here.versionId, 'hello', HELLO, 'single');

    expect([
      problemOf(await publisher.call('POST', here.path('/packages/hello/yank'))),
      problemOf(await publisher.call('DELETE', here.path('/packages/hello'))),
      problemOf(await publisher.call('PUT', '/v1/channels/stable', { versionId: here.versionId })),
      problemOf(await publisher.call('GET', '/v1/tokens')),
    ]).toEqual(Array.from({ length: 4 }, () => aProblem(403, 'FORBIDDEN')));
  });

  test('an upload grant publishes its package and does nothing else', async () => {
    const here = visit();
    await here.publish('other', HELLO);
    const { versionId } = here;
    const publisher = await here.clientWith('publish');
    const upload = { versionId, packageId: 'hello', size: HELLO.length };
    const { token } = await publisher.json<MadeToken>('POST', '/v1/tokens', { upload });
    const page = new PlainClient(here.target.url, token, here.target.send);

    const files = [HELLO, Buffer.from('HELLO, WORLD'), Buffer.from('hello, weird')];
    const begun = await Promise.all(
      files.map((bytes) => page.call('POST', here.path('/packages'), declaration('hello', bytes))),
    );
    await page.call('DELETE', here.path('/packages/hello/upload'));
    await page.push(versionId, 'hello', HELLO, 'single');

    expect(begun.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(await here.admin.pull(versionId, 'hello.bin')).toEqual(HELLO);
    for (const [method, path] of [
      ['GET', '/v1/versions'],
      ['GET', here.path('/packages/hello')],
      ['GET', here.stable('hello.bin')],
      ['POST', here.path('/packages/hello/yank')],
      ['POST', '/v1/tokens'],
      ['GET', here.path('/packages/other/upload')],
    ] as const)
      expect([path, problemOf(await page.call(method, path))]).toEqual([
        path,
        aProblem(403, 'FORBIDDEN'),
      ]);
    const again = await page.json('POST', here.path('/packages'), declaration('hello', HELLO));
    expect(again).not.toHaveProperty('upload');
  });

  test('a token that releases moves channels, and neither opens them to everyone nor administers', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const releaser = await here.clientWith('release');
    const channel = `/v1/channels/c${here.versionId.slice(-12)}`;
    const move = { versionId: here.versionId };

    const moved = await releaser.call('PUT', channel, move);

    expect([moved.status, (await releaser.call('GET', channel)).status]).toEqual([200, 200]);
    expect([
      problemOf(await releaser.call('PUT', channel, { ...move, public: true })),
      problemOf(await releaser.call('DELETE', channel)),
      problemOf(await releaser.call('POST', here.path('/packages/hello/yank'))),
      problemOf(await releaser.call('GET', '/v1/tokens')),
    ]).toEqual(Array.from({ length: 4 }, () => aProblem(403, 'FORBIDDEN')));
    expect((await here.admin.call('DELETE', channel)).status).toBe(204);
  });

  test('a token of one version opens no other', async () => {
    const [here, there] = [visit(), visit()];
    await here.publish('hello', HELLO);
    await there.publish('hello', HELLO);
    const limited = await here.clientWith('publish', here.versionId);

    expect(await limited.pull(here.versionId, 'hello.bin')).toEqual(HELLO);
    for (const answer of [
      await limited.call('GET', there.stable('hello.bin')),
      await limited.call('GET', there.path('/packages')),
      await limited.call('POST', there.path('/packages'), declaration('more', HELLO)),
    ]) {
      expect([403, 404]).toContain(answer.status);
    }
  });

  test('a revoked token opens nothing', async () => {
    const here = visit();
    const made = await here.makeToken(here.admin, { name: 'short-lived', scopes: ['read'] });

    const revoked = await here.admin.call('DELETE', `/v1/tokens/${made.tokenId}`);

    expect(revoked.status).toBe(204);
    const client = new PlainClient(here.target.url, made.token, here.target.send);
    expect(problemOf(await client.call('GET', '/v1/versions'))).toEqual(
      aProblem(401, 'UNAUTHENTICATED'),
    );
  });

  test('a link uploads nothing, and an upload hands out nothing', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const [link, upload] = [await here.link('hello.bin'), await here.announce('more', HELLO)];

    const written = await here.target.send(link, {
      method: 'PUT',
      body: Buffer.from('HELLO, WORLD'),
    });
    const removed = await here.target.send(link, { method: 'DELETE' });
    await here.sendSigned(upload, HELLO);
    const read = await here.target.send(upload.url, { headers: upload.headers });

    expect([written, removed, read].map(({ status }) => status >= 400)).toEqual([true, true, true]);
    expect((await here.target.send(await here.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('an upload of one package sends no other', async () => {
    const here = visit();
    const [one] = [await here.announce('one', HELLO), await here.announce('two', HELLO)];

    const sent = await here.sendSigned(
      { ...one, url: one.url.replace('one.bin', 'two.bin') },
      HELLO,
    );

    expect(sent.status).toBe(403);
    expect(problemOf(await here.complete('two'))).toEqual(aProblem(409, 'NOT_UPLOADED'));
  });
}
