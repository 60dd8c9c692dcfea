/** The hash that signers are given is that of node:crypto, however it is fed. */
import { createHash, createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NodeSha256 } from '../../../storage/sigv4/node-sha256.ts';

const pieces = fc.array(fc.oneof(fc.string(), fc.uint8Array()), { maxLength: 4 });
const secrets = fc.option(
  fc.oneof(fc.constantFrom('secret', 'other'), fc.uint8Array({ minLength: 1 })),
  {
    nil: undefined,
  },
);

test('a hash, with and without a secret, in any pieces, asked again and again', () =>
  fc.assert(
    fc.asyncProperty(secrets, pieces, async (secret, parts) => {
      const expected = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
      for (const part of parts) expected.update(part);
      const digest = expected.digest('hex');

      for (const again of [new NodeSha256(secret), new NodeSha256(secret)]) {
        again.update('dropped');
        again.reset();
        for (const part of parts) again.update(part);
        expect(Buffer.from(await again.digest()).toString('hex')).toBe(digest);
      }
    }),
  ));
