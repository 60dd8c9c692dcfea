/** GET /v1/storage: how much is stored, and who may know it. */
import { expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import { MemoryCatalog } from '../../storage/memory/memory-catalog.ts';
import { House } from './house.ts';

async function announce(house: House, packageId: string, size: number): Promise<void> {
  const token = await house.token(['publish']);
  const body = { packageId, ext: 'zip', size, sha256: 'a'.repeat(64) };
  await house.call('createPackage', { token, path: { versionId: '1' }, body });
}

test('an admin reads packages, bytes, pending bytes and the room that is left', async () => {
  const house = new House({ freeBytes: async () => 5_000_000 });
  const token = await house.token(['admin']);
  await announce(house, 'half', 70);

  const answer = await house.call('getStorage', { token });

  expect(answer).toMatchObject({
    status: 200,
    json: { packages: 0, bytes: 0, pendingBytes: 70, freeBytes: 5_000_000 },
  });
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('without a disk the room that is left is not said', async () => {
  const house = new House();
  const token = await house.token(['admin']);

  expect((await house.call('getStorage', { token })).json).toEqual({
    packages: 0,
    bytes: 0,
    pendingBytes: 0,
  });
});

test('other scopes, and admins of some versions alone, get 403', async () => {
  const house = new House();
  const publisher = await house.token(['publish']);
  const limited = await house.token(['admin'], { versions: 'mine-*' });

  const answers = [publisher, limited].map((token) => house.call('getStorage', { token }));

  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([403, 403]);
});

test('a catalog that has no sum answers 501, and says where to look', async () => {
  class Table extends MemoryCatalog {
    override async publishedTotals(): Promise<never> {
      throw new ServiceError('NOT_SUPPORTED', 'the table has no sum: look at the bucket');
    }
  }
  const catalog = new Table();
  const house = new House({ catalog });
  const token = await house.token(['admin']);

  expect(await house.call('getStorage', { token })).toMatchObject({
    status: 501,
    json: { code: 'NOT_SUPPORTED', detail: 'the table has no sum: look at the bucket' },
  });
});
