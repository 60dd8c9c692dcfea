/** Announcing packages over HTTP: what a publisher gets who has too much under way. */
import { expect, test } from '@jest/globals';
import { House, LIMITS } from './house.ts';

const SIZE = LIMITS.maxPackageBytes;

test('a publisher that announces packages without end is refused with 429, and goes on when it gives one up', async () => {
  const house = new House();
  const token = await house.token(['publish']);
  const create = (packageId: string) => {
    const body = { packageId, ext: 'zip', size: SIZE, sha256: 'a'.repeat(64) };
    return house.call('createPackage', { token, path: { versionId: '1' }, body });
  };
  const answers = [];
  for (let index = 0; index < 61; index++) answers.push(await create(`p${index}`));

  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused).toHaveLength(51);
  expect(refused[0]).toMatchObject({ status: 429, json: { code: 'TOO_MANY_REQUESTS' } });
  expect(refused[0]?.headers['retry-after']).toMatch(/^\d+$/);
  await house.call('abortUpload', { token, path: { versionId: '1', packageId: 'p0' } });
  expect((await create('p60')).status).toBe(201);
});

test('when all publishers together have announced too much, the answer is 507', async () => {
  const house = new House();
  const statuses = [];
  for (let index = 0; index < 61; index++) {
    const token = await house.token(['publish']);
    const body = { packageId: `p${index}`, ext: 'zip', size: SIZE, sha256: 'a'.repeat(64) };
    statuses.push(
      (await house.call('createPackage', { token, path: { versionId: '1' }, body })).status,
    );
  }

  expect(statuses.indexOf(507)).toBe(20);
  expect(statuses.filter((status) => status === 201)).toHaveLength(20);
});
