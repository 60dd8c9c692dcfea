/** The hash of what is read. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashChunks } from '../../cli/push/hash-chunks.ts';

test('hash and size are those of the bytes, however they come', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(chunks, async (pieces) => {
      const file = Buffer.concat(pieces);

      const hashed = await hashChunks(pieces);

      const sha256 = createHash('sha256').update(file).digest('hex');
      expect(hashed).toEqual({ size: file.length, sha256 });
    }),
  );
});
