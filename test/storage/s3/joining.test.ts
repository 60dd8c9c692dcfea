/**
 * Joining parts on stores with manners of their own: refusals for good, parts that are listed
 * twice, checksums that are not listed.
 */
import { describe, expect, test } from '@jest/globals';
import { formatUploadId } from '../../../storage/s3/bucket/upload-id.ts';
import { keyOf, withCode } from '../blob-contract/harness.ts';
import { fails, type Step, says, scripted } from './scripted-server.ts';

const key = keyOf('linux-x64.tar.gz');
const uploadId = formatUploadId({
  storeId: 'upload-1',
  size: 3,
  plan: { partSize: 3, partCount: 1, partChecksums: false },
  proof: 'none',
  mark: 'our-upload',
});
const upload = { key, uploadId };
const absent = says(404);
const present = says(200, {
  etag: '"e"',
  'content-length': '3',
  'x-amz-meta-stowage-write': 'our-upload',
});
const joined = says(200, {}, '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');

interface Listed {
  readonly etag: string;
  readonly time?: string;
  readonly size?: number;
}

function lists(...parts: readonly Listed[]): Step {
  const texts = parts.map(
    ({ etag, time = '2026-01-01T00:00:00.000Z', size = 3 }) =>
      `<Part><PartNumber>1</PartNumber><LastModified>${time}</LastModified><Size>${size}</Size><ETag>"${etag}"</ETag></Part>`,
  );
  return says(
    200,
    {},
    `<ListPartsResult><IsTruncated>false</IsTruncated>${texts.join('')}</ListPartsResult>`,
  );
}

describe('a store that refuses to join', () => {
  test.each(['InvalidPart', 'InvalidRequest', 'MalformedXML', 'NoSuchThing'])(
    'for good (400 %s) is NOT_SUPPORTED, with what it said',
    async (code) => {
      const refusal = fails(400, code, 'The checksum is missing');
      const { store } = await scripted(
        lists({ etag: 'p' }),
        absent,
        refusal,
        absent,
        lists({ etag: 'p' }),
      );

      await expect(store.completeMultipart(upload)).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        message: expect.stringContaining(`${code}: The checksum is missing`),
      });
    },
  );

  test.each<[number, string]>([
    [400, 'ExpiredToken'],
    [400, 'RequestTimeout'],
    [400, 'KMS.DisabledException'],
    [403, 'AccessDenied'],
    [403, 'SomethingNew'],
    [503, 'SlowDown'],
  ])('for what may be repaired or pass (%i %s) is UNAVAILABLE', async (status, code) => {
    const { store } = await scripted(
      lists({ etag: 'p' }),
      absent,
      ...Array<Step>(3).fill(fails(status, code)),
      absent,
    );
    const complete = store.completeMultipart(upload);

    await expect(complete).rejects.toEqual(withCode('UNAVAILABLE'));
  });

  test('a proxy that answers 400 in its own words is UNAVAILABLE', async () => {
    const proxy = says(
      400,
      { 'content-type': 'text/html' },
      '<html><body>Bad Request</body></html>',
    );
    const { store } = await scripted(lists({ etag: 'p' }), absent, proxy, absent);

    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('UNAVAILABLE'));
  });

  test('since a part was sent again meanwhile gets the parts as they are now', async () => {
    const { store, bodies } = await scripted(
      lists({ etag: 'first' }),
      absent,
      fails(400, 'InvalidPart'),
      absent,
      lists({ etag: 'second' }),
      joined,
      present,
    );

    expect(await store.completeMultipart(upload)).toMatchObject({ etag: '"e"' });
    expect(bodies.filter((body) => body.includes('<PartNumber>')).at(-1)).toContain('second');
  });
});

describe('a part that is listed twice', () => {
  test('counts as it was sent last', async () => {
    const early = { etag: 'early', time: '2026-01-01T00:00:01.000Z' };
    const late = { etag: 'late', time: '2026-01-01T00:00:02.000Z' };
    const { store, bodies } = await scripted(lists(late, early), absent, joined, present);

    await store.completeMultipart(upload);

    expect(bodies.join('')).toContain('late');
    expect(bodies.join('')).not.toContain('early');
  });

  test('with the same ETag is one part', async () => {
    const { store } = await scripted(lists({ etag: 'same' }, { etag: 'same' }));

    expect(await store.listParts(upload)).toEqual([{ partNumber: 1, size: 3 }]);
  });

  test('has the size of the one that was sent last', async () => {
    const short = { etag: 'short', size: 2, time: '2026-01-01T00:00:03.000Z' };
    const { store } = await scripted(lists(short, { etag: 'whole' }));

    expect(await store.listParts(upload)).toEqual([{ partNumber: 1, size: 2 }]);
  });

  test('with other bytes at the same time counts as missing: it is sent again, and is the newest then', async () => {
    const { store } = await scripted(lists({ etag: 'one' }, { etag: 'other' }));

    expect(await store.listParts(upload)).toEqual([]);
  });
});

test('an upload that is found dropped is not taken for one that was seen lately', async () => {
  const { store } = await scripted(
    lists({ etag: 'p' }),
    fails(404, 'NoSuchUpload'),
    fails(404, 'NoSuchUpload'),
  );
  const part = { partNumber: 1, size: 3 };
  await store.signPart(upload, part, 60);
  await expect(store.listParts(upload)).rejects.toEqual(withCode('NOT_FOUND'));

  await expect(store.signPart(upload, part, 60)).rejects.toEqual(withCode('NOT_FOUND'));
});
