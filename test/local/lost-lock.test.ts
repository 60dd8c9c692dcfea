/** A server whose lock file is removed: no second server may run on the same storage. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { ServiceLock } from '../../storage/sqlite/service-lock.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { PlainClient, send } from '../support/plain-client.ts';
import { type Served, Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

function announce({ url, token }: Served, packageId: string): Promise<number> {
  const body = { packageId, ext: 'bin', size: 1, sha256: '0'.repeat(64) };
  return new PlainClient(url, token)
    .call('POST', '/v1/versions/1/packages', body)
    .then(({ status }) => status);
}

test('a lock file that is removed is locked again, and a second server is refused', async () => {
  const folder = await servings.folder();
  const first = await servings.start(folder);

  rmSync(join(folder, '.stowage', 'lock.db'));
  await first.book.line(
    ({ msg }) => msg === 'the lock file was removed or replaced; it is locked again',
  );

  await expect(servings.start(folder)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await announce(first, 'p')).toBe(201);
});

test('a server whose lock another server took stops answering', async () => {
  const folder = await servings.folder();
  const first = await servings.start(folder);
  const path = join(folder, '.stowage', 'lock.db');

  rmSync(path);
  const other = ServiceLock.acquire(path);
  await first.book.line(({ msg }) => String(msg).includes("can't be locked again"));

  expect((await send(`${first.url}/healthz`)).status).toBe(503);
  expect(await announce(first, 'p')).toBe(503);
  other.release();
});

test('a server whose catalog another one has claimed writes nothing from that moment on', async () => {
  const folder = await servings.folder();
  const first = await servings.start(folder);
  const other = SqliteCatalog.open({ path: join(folder, '.stowage', 'catalog.db') });

  await other.file.claim();

  expect(await announce(first, 'p')).toBe(503);
  await first.book.line(({ err }) =>
    JSON.stringify(err ?? '').includes('another server has taken over'),
  );
  await other.close();
});
