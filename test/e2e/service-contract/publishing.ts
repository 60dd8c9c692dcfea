/** From the announcement of a file to its being available, with bytes that go straight to the store. */
import { expect, test } from '@jest/globals';
import { aProblem, declaration, jsonOf, problemOf, type Visit } from './visit.ts';

const HELLO = Buffer.from('hello, world');
const OTHER = Buffer.from('HELLO, WORLD');

export function describePublishing(visit: () => Visit): void {
  test('a file that was announced, sent to the store and completed is available', async () => {
    const here = visit();

    const request = await here.announce('hello', HELLO, {
      contentType: 'text/plain',
      metadata: { arch: 'arm64' },
    });
    const sent = await here.sendSigned(request, HELLO);
    const completed = await here.complete('hello');
    await here.untilState('hello', 'available');

    expect(sent.status).toBe(200);
    // 202 where the store proves nothing, and the bytes are read back.
    expect([200, 202]).toContain(completed.status);
    expect(await here.package('hello')).toMatchObject({
      size: HELLO.length,
      contentType: 'text/plain',
      metadata: { arch: 'arm64' },
    });
  });

  test('an upload is a request to the store, not to the service, or to the gateway of its disk', async () => {
    const here = visit();

    const { url, method } = await here.announce('hello', HELLO);

    expect(method).toBe('PUT');
    expect(new URL(url).pathname).not.toMatch(/^\/v1\//);
  });

  test('an announcement again renews the upload, or says that it is done', async () => {
    const here = visit();
    const first = await here.admin.call(
      'POST',
      here.path('/packages'),
      declaration('hello', HELLO),
    );
    const again = await here.admin.call(
      'POST',
      here.path('/packages'),
      declaration('hello', HELLO),
    );
    await here.publish('hello', HELLO);

    const done = await here.admin.call('POST', here.path('/packages'), declaration('hello', HELLO));

    expect([first.status, again.status, done.status]).toEqual([201, 200, 200]);
    expect(jsonOf(done)).toEqual({ package: expect.objectContaining({ state: 'available' }) });
  });

  test('a completion again answers the same', async () => {
    const here = visit();
    const published = await here.publish('hello', HELLO);

    const again = await here.complete('hello');

    expect([again.status, jsonOf(again)]).toEqual([200, { package: published }]);
  });

  test('a completion before anything was sent is refused', async () => {
    const here = visit();
    await here.announce('hello', HELLO);

    expect(problemOf(await here.complete('hello'))).toEqual(aProblem(409, 'NOT_UPLOADED'));
  });

  test('other bytes are refused by the store or rejected by the proof, and the right ones may follow', async () => {
    const here = visit();
    const request = await here.announce('hello', HELLO);

    const other = await here.sendSigned(request, OTHER);
    const completed = await here.complete('hello');

    if (here.target.promises.refusesOtherBytes) {
      expect(other.status).toBeGreaterThanOrEqual(400);
      expect(problemOf(completed)).toEqual(aProblem(409, 'NOT_UPLOADED'));
    } else {
      await here.untilState('hello', 'rejected');
    }
    expect(await here.publish('hello', HELLO)).toMatchObject({ state: 'available' });
    expect((await here.target.send(await here.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('more or fewer bytes than declared are refused', async () => {
    const here = visit();
    const request = await here.announce('hello', HELLO);

    const longer = await here.sendSigned(request, Buffer.concat([HELLO, HELLO]));
    const shorter = await here.sendSigned(request, HELLO.subarray(1));

    expect(longer.status).toBeGreaterThanOrEqual(400);
    expect(shorter.status).toBeGreaterThanOrEqual(400);
    expect(problemOf(await here.complete('hello'))).toEqual(aProblem(409, 'NOT_UPLOADED'));
  });

  test('an upload that is sent again overwrites nothing', async () => {
    const here = visit();
    const request = await here.announce('hello', HELLO);
    await here.sendSigned(request, HELLO);

    const again = await here.sendSigned(request, HELLO);

    expect(again.status).toBe(412);
    await here.admin.complete(here.versionId, 'hello');
  });

  test('a name that was once available takes no other bytes', async () => {
    const here = visit();
    await here.publish('hello', HELLO);

    const other = await here.admin.call(
      'POST',
      here.path('/packages'),
      declaration('hello', OTHER),
    );
    const otherExt = await here.admin.call(
      'POST',
      here.path('/packages'),
      declaration('hello', HELLO, { ext: 'txt' }),
    );

    expect([problemOf(other), problemOf(otherExt)]).toEqual([
      aProblem(409, 'ALREADY_EXISTS'),
      aProblem(409, 'ALREADY_EXISTS'),
    ]);
  });

  test('an upload that is given up frees its name', async () => {
    const here = visit();
    await here.announce('hello', HELLO);

    const aborted = await here.admin.call('DELETE', here.path('/packages/hello/upload'));

    expect(aborted.status).toBe(204);
    expect(await here.publish('hello', OTHER)).toMatchObject({
      state: 'available',
      size: OTHER.length,
    });
  });
}
