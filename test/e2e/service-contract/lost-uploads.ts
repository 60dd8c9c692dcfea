/** Publishers that are lost on the way: an event of the store or a sweep ends what they began. */
import { expect, test } from '@jest/globals';
import { aProblem, problemOf, type Visit } from './visit.ts';

const HELLO = Buffer.from('hello, world');

export function describeLostUploads(visit: () => Visit): void {
  test('a file whose publisher was lost after sending it is published all the same', async () => {
    const here = visit();
    await here.sendSigned(await here.announce('hello', HELLO), HELLO);

    await here.untilState(
      'hello',
      'available',
      here.target.promises.finishesByEvent ? undefined : () => here.target.sweep(),
    );

    expect((await here.target.send(await here.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('a file whose publisher and whose event were lost is published by the sweep', async () => {
    const here = visit();
    const { withoutEvents = (work) => work() } = here.target;

    await withoutEvents(async () => {
      await here.sendSigned(await here.announce('hello', HELLO), HELLO);
      await here.untilState('hello', 'available', () => here.target.sweep());
    });

    expect((await here.target.send(await here.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('an idle upload is swept away, and its name is free', async () => {
    const here = visit();
    await here.announce('hello', HELLO);
    const parts = await here.create('large', HELLO, { method: 'multipart' });

    await untilGone(here, 'hello');
    await untilGone(here, 'large');

    expect(parts.package.state).toBe('pending');
    expect(await here.publish('hello', Buffer.from('other'))).toMatchObject({
      state: 'available',
      size: 5,
    });
  });

  test('a sweep leaves alone what is published', async () => {
    const here = visit();
    const published = await here.publish('hello', HELLO);

    await here.target.sweep();

    expect(await here.package('hello')).toEqual(published);
    expect((await here.target.send(await here.link('hello.bin'))).body).toEqual(HELLO);
  });

  test('bytes that come for a deleted package are never handed out', async () => {
    const here = visit();
    const request = await here.announce('hello', HELLO);
    await here.sendSigned(request, HELLO);
    await here.admin.complete(here.versionId, 'hello');
    await here.admin.json('DELETE', here.path('/packages/hello'));

    await here.sendSigned(request, HELLO);
    await here.target.sweep();

    expect(problemOf(await here.admin.call('GET', here.stable('hello.bin')))).toEqual(
      aProblem(404, 'NOT_FOUND'),
    );
    expect(problemOf(await here.complete('hello'))).toEqual(aProblem(404, 'NOT_FOUND'));
  });
}

/** Sweeps until the package is no more: the lifetimes are a second, which must pass. */
async function untilGone(here: Visit, packageId: string): Promise<void> {
  while ((await here.admin.call('GET', here.path(`/packages/${packageId}`))).status !== 404)
    await here.target.sweep();
}
