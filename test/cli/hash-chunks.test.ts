/** One read gives the hash of the file and of every part. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashChunks } from '../../cli/push/hash-chunks.ts';

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('hashes of file and parts are those of its bytes, however they come', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 60 }), async (pieces, partSize) => {
      const file = Buffer.concat(pieces);
      const parts = Array.from({ length: Math.ceil(file.length / partSize) }, (_, index) =>
        sha256(file.subarray(index * partSize, (index + 1) * partSize)),
      );

      expect(await hashChunks(pieces, partSize)).toEqual({ size: file.length, sha256: sha256(file), parts });
      expect(await hashChunks(pieces, undefined)).toEqual({ size: file.length, sha256: sha256(file), parts: [] });
    }),
  );
});
