/**
 * A delete that object lock refuses says so, and until when; it is no fault that passes in a
 * moment.
 */
import { describe, expect, test } from '@jest/globals';
import { keyOf, withCode } from '../blob-contract/harness.ts';
import { fails, type Step, says, scripted } from './scripted-server.ts';

const key = keyOf('linux-x64.tar.gz');
const UNTIL = '2999-01-01T00:00:00.000Z';
const head = (more: Readonly<Record<string, string>> = {}) =>
  says(200, { etag: '"e"', 'content-length': '3', ...more });
const retained = head({
  'x-amz-object-lock-mode': 'COMPLIANCE',
  'x-amz-object-lock-retain-until-date': UNTIL,
});
const refusals: readonly (readonly [string, Step])[] = [
  ['S3', fails(403, 'AccessDenied', 'Access Denied because object protected by object lock.')],
  ['MinIO', fails(400, 'InvalidRequest', 'Object is WORM protected and cannot be overwritten')],
  ['a store with words of its own', fails(403, 'ObjectLocked', 'no')],
];

describe.each(refusals)('a delete that object lock of %s refuses', (_, refusal) => {
  test('is RETAINED, and says until when', async () => {
    const { store } = await scripted(head(), refusal, retained);

    await expect(store.delete(key, { etag: '"e"' })).rejects.toMatchObject({
      code: 'RETAINED',
      message: expect.stringContaining(`until ${UNTIL} (object lock, mode COMPLIANCE)`),
    });
  });

  test('because of a legal hold says that', async () => {
    const { store } = await scripted(
      head(),
      refusal,
      head({ 'x-amz-object-lock-legal-hold': 'ON' }),
    );

    await expect(store.delete(key, { etag: '"e"' })).rejects.toMatchObject({
      code: 'RETAINED',
      message: expect.stringContaining('legal hold'),
    });
  });

  test('is RETAINED where the key may not read until when', async () => {
    const { store } = await scripted(head(), refusal, head());

    await expect(store.delete(key, { etag: '"e"' })).rejects.toMatchObject({
      code: 'RETAINED',
      message: expect.stringContaining('s3:GetObjectRetention'),
    });
  });
});

test('a delete that is refused for another reason stays what it was', async () => {
  const { store } = await scripted(head(), fails(403, 'AccessDenied', 'Access Denied.'), head());

  await expect(store.delete(key, { etag: '"e"' })).rejects.toEqual(withCode('UNAVAILABLE'));
});
