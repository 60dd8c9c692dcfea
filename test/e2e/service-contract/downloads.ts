/** From the stable link to the bytes. */
import { expect, test } from '@jest/globals';
import type { LinkBody, LinksAnswer } from '../../../api/schemas/answers.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { aProblem, jsonOf, problemOf, type Visit } from './visit.ts';

const HELLO = Buffer.from('hello, world');

export function describeDownloads(visit: () => Visit): void {
  test('the stable link redirects to a link that anybody may follow', async () => {
    const here = visit();
    await here.publish('hello', HELLO);

    const redirect = await here.admin.call('GET', here.stable('hello.bin'));
    const answer = await here.target.send(String(redirect.headers['location']));

    expect(redirect.status).toBe(302);
    expect(redirect.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-checksum-sha256': sha256Of(HELLO),
    });
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: HELLO });
    expect(answer.headers['etag']).toBe(redirect.headers['etag']);
  });

  test('who asks for JSON gets the link as JSON', async () => {
    const here = visit();
    await here.publish('hello', HELLO);

    const answer = await here.asking(here.stable('hello.bin'), { accept: 'application/json' });

    expect(answer.status).toBe(200);
    const link = jsonOf<LinkBody>(answer);
    expect(link).toMatchObject({
      size: HELLO.length,
      sha256: sha256Of(HELLO),
      filename: 'hello.bin',
    });
    expect(new Date(link.expiresAt).getTime()).toBeGreaterThan(Date.now());
    expect((await here.target.send(link.url)).body).toEqual(HELLO);
  });

  test('HEAD describes the file and never redirects', async () => {
    const here = visit();
    await here.publish('hello', HELLO, { contentType: 'text/plain' });

    const { status, headers, body } = await here.asking(here.stable('hello.bin'), {}, 'HEAD');

    expect([status, body.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({
      'content-length': String(HELLO.length),
      'content-type': 'text/plain',
      'x-checksum-sha256': sha256Of(HELLO),
      'repr-digest': `sha-256=:${Buffer.from(sha256Of(HELLO), 'hex').toString('base64')}:`,
    });
  });

  test('the file comes as an attachment with its name and type', async () => {
    const here = visit();
    await here.publish('hello', HELLO, {
      filename: 'grüße.html',
      ext: 'bin',
      contentType: 'text/html',
    });

    const { headers } = await here.target.send(await here.link('hello.bin'));

    expect(headers['content-type']).toBe('text/html');
    expect(headers['content-disposition']).toMatch(
      /^attachment;.*filename\*=UTF-8''gr%C3%BC%C3%9Fe\.html/,
    );
    if (here.target.promises.sandboxesDownloads) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': 'sandbox',
      });
    }
  });

  test('a link serves ranges and conditions', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const link = await here.link('hello.bin');
    const get = (headers: Readonly<Record<string, string>>) => here.target.send(link, { headers });

    const part = await get({ range: 'bytes=7-' });
    const tail = await get({ range: 'bytes=-3' });
    const known = await get({ 'if-none-match': String((await get({})).headers['etag']) });
    const beyond = await get({ range: 'bytes=99-' });

    expect([part.status, part.body.toString(), part.headers['content-range']]).toEqual([
      206,
      'world',
      'bytes 7-11/12',
    ]);
    expect([tail.status, tail.body.toString()]).toEqual([206, 'rld']);
    expect([known.status, beyond.status]).toEqual([304, 416]);
  });

  test('links to many packages come at once, in the order asked, each with its own fate', async () => {
    const here = visit();
    await here.publish('one', Buffer.from('one'));
    await here.publish('two', Buffer.from('two'));
    await here.publish('bad', Buffer.from('bad'));
    await here.admin.json('POST', here.path('/packages/bad/yank'));

    const { items } = await here.admin.json<LinksAnswer>('POST', here.path('/links'), {
      packageIds: ['two', 'none', 'bad', 'one'],
    });

    expect(items.map((item) => ('code' in item ? item.code : item.packageId))).toEqual([
      'two',
      'NOT_FOUND',
      'YANKED',
      'one',
    ]);
    for (const item of items) {
      if ('url' in item)
        expect((await here.target.send(item.url)).body.toString()).toBe(item.packageId);
    }
  });

  test('a link that was changed opens nothing', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    await here.publish('other', HELLO);
    const link = await here.link('hello.bin');

    const other = await here.target.send(link.replace('hello.bin', 'other.bin'));
    const bare = await here.target.send(link.replace(/\?.*$/, ''));

    expect([other.status, bare.status]).toEqual([403, 403]);
  });

  test('SHA256SUMS lists what sha256sum checks', async () => {
    const here = visit();
    await here.publish('b', Buffer.from('b'));
    await here.publish('a', Buffer.from('a'), { ext: 'tar.gz' });

    const sums = await here.admin.call('GET', here.stable('SHA256SUMS'));

    expect([sums.status, sums.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(sums.body.toString()).toBe(`${sha256Of('a')}  a.tar.gz\n${sha256Of('b')}  b.bin\n`);
  });

  test('what is pending or unknown is not there', async () => {
    const here = visit();
    await here.announce('hello', HELLO);

    for (const file of ['hello.bin', 'nothing.bin', 'hello.txt']) {
      expect(problemOf(await here.admin.call('GET', here.stable(file)))).toEqual(
        aProblem(404, 'NOT_FOUND'),
      );
    }
  });
}
