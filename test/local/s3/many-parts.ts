/** An upload with the most parts that S3 allows. They have 156 GiB, so none is sent. */
import { describe, expect, test } from '@jest/globals';
import type { S3House } from './s3-house.ts';

const PART_BYTES = 16 * 1024 * 1024;
const PART_COUNT = 10_000;
const PAGE = 100;
const BASE = '/v1/versions/1.0/packages';

interface Part {
  readonly partNumber: number;
  readonly size: number;
  readonly request: { readonly url: string };
}

export function describeManyParts(house: S3House): void {
  describe('an upload of 10,000 parts', () => {
    test('is signed by the hundred, and its missing parts are named', async () => {
      const client = house.clientOf(
        await house.start({ MAX_PACKAGE_BYTES: String(PART_BYTES * PART_COUNT) }),
      );
      const terms = {
        packageId: 'image',
        ext: 'bin',
        size: PART_BYTES * PART_COUNT,
        sha256: 'a'.repeat(64),
      };
      const { upload } = await client.json<{
        upload: { partSize: number; partCount: number; parts: readonly Part[] };
      }>('POST', BASE, terms);
      expect({ size: upload.partSize, count: upload.partCount }).toEqual({
        size: PART_BYTES,
        count: PART_COUNT,
      });
      expect(upload.parts).toHaveLength(PAGE);

      const parts: Part[] = [...upload.parts];
      for (let from = PAGE; from < PART_COUNT; from += PAGE) {
        const partNumbers = Array.from({ length: PAGE }, (_, index) => from + index + 1);
        const page = await client.json<{ parts: readonly Part[] }>('POST', `${BASE}/image/parts`, {
          partNumbers,
        });
        parts.push(...page.parts);
      }
      const tooMany = Array.from({ length: PAGE + 1 }, (_, index) => index + 1);

      expect(parts.map((part) => part.partNumber)).toEqual(
        Array.from({ length: PART_COUNT }, (_, i) => i + 1),
      );
      expect(new Set(parts.map((part) => part.request.url)).size).toBe(PART_COUNT);
      expect(
        (await client.call('POST', `${BASE}/image/parts`, { partNumbers: tooMany })).status,
      ).toBe(400);
      const completed = await client.call('POST', `${BASE}/image/complete`);
      expect(JSON.parse(completed.body.toString())).toMatchObject({
        code: 'NOT_UPLOADED',
        detail: expect.stringContaining('10000 of 10000 parts are missing'),
      });
      expect((await client.call('DELETE', `${BASE}/image/upload`)).status).toBe(204);
    });
  });
}
