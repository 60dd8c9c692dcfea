/** Which deletes are carried over to a replica. */
import { describe, expect, test } from '@jest/globals';
import { deletedVersions } from '../../../lambda/replica/deleted-versions.ts';

/** As S3 sends it by EventBridge. */
function deletion(
  type: string,
  object: object = { key: 'packages/1.0.0/linux.zip', 'version-id': 'v1' },
) {
  return {
    version: '0',
    source: 'aws.s3',
    'detail-type': 'Object Deleted',
    detail: {
      version: '0',
      bucket: { name: 'packages' },
      object,
      reason: 'DeleteObject',
      'deletion-type': type,
    },
  };
}

const LINUX = { key: 'packages/1.0.0/linux.zip', versionId: 'v1' };

describe('an event of S3', () => {
  test('names the version that was removed for good', () => {
    expect(deletedVersions(deletion('Permanently Deleted'))).toEqual([LINUX]);
  });

  test('names the same out of a queue', () => {
    const body = JSON.stringify(deletion('Permanently Deleted'));

    expect(deletedVersions({ Records: [{ body }, { body }] })).toEqual([LINUX, LINUX]);
  });

  test('is nothing to carry where it set a delete marker: S3 copies that itself', () => {
    expect(deletedVersions(deletion('Delete Marker Created'))).toEqual([]);
  });

  test('is nothing to carry where the bucket has no versions', () => {
    expect(
      deletedVersions(deletion('Permanently Deleted', { key: 'packages/1.0.0/linux.zip' })),
    ).toEqual([]);
  });

  test.each([
    ['another event', { 'detail-type': 'Object Created', detail: {} }],
    ['no event', undefined],
    ['a message that is no JSON', { Records: [{ body: 'no' }] }],
  ])('is refused where it is %s, so that it ends among the dead letters', (_what, event) => {
    expect(() => deletedVersions(event)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  });
});
