/** What lists show to which token, page by page. */
import { expect, test } from '@jest/globals';
import type { PackageBody, VersionBody } from '../../../api/schemas/answers.ts';
import { aProblem, problemOf, until, type Visit } from './visit.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export function describeLists(visit: () => Visit): void {
  test('packages are listed by packageId, page by page', async () => {
    const here = visit();
    for (const packageId of ['c', 'a', 'b']) await here.publish(packageId, Buffer.from(packageId));

    const first = await here.admin.json<Page<PackageBody>>('GET', here.path('/packages?limit=2'));
    const second = await here.admin.json<Page<PackageBody>>(
      'GET',
      here.path(`/packages?limit=2&cursor=${first.nextCursor}`),
    );

    expect([first, second].map(({ items }) => items.map(({ packageId }) => packageId))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    expect(second.nextCursor).toBeUndefined();
  });

  test('a cursor of another list is refused', async () => {
    const [here, there] = [visit(), visit()];
    for (const one of [here, there])
      for (const id of ['a', 'b']) await one.announce(id, Buffer.from(id));
    const { nextCursor } = await here.admin.json<Page<PackageBody>>(
      'GET',
      here.path('/packages?limit=1'),
    );

    const answer = await there.admin.call(
      'GET',
      there.path(`/packages?limit=1&cursor=${nextCursor}`),
    );

    expect(problemOf(answer)).toEqual(aProblem(400, 'INVALID_INPUT'));
  });

  test('versions are listed newest first', async () => {
    const [older, newer] = [visit(), visit()];
    await older.publish('a', Buffer.from('a'));
    await newer.publish('a', Buffer.from('a'));

    const both = [newer.versionId, older.versionId];
    const found = await until(
      async () => {
        const list = '/v1/versions?limit=1000';
        const { items } = await newer.admin.json<Page<VersionBody>>('GET', list);
        // Others may publish, too.
        return items.map(({ versionId }) => versionId).filter((one) => both.includes(one));
      },
      ({ length }) => length === both.length,
    );

    expect(found).toEqual(both);
    expect(await newer.admin.json('GET', newer.path())).toMatchObject({
      versionId: newer.versionId,
    });
  });

  test('readers do not see what is pending; publishers do', async () => {
    const here = visit();
    await here.publish('done', Buffer.from('done'));
    await here.announce('begun', Buffer.from('begun'));
    const [reader, publisher] = [await here.clientWith('read'), await here.clientWith('publish')];

    const read = await reader.json<Page<PackageBody>>('GET', here.path('/packages'));
    const published = await publisher.json<Page<PackageBody>>('GET', here.path('/packages'));

    expect([read, published].map(({ items }) => items.map(({ packageId }) => packageId))).toEqual([
      ['done'],
      ['begun', 'done'],
    ]);
  });
}
