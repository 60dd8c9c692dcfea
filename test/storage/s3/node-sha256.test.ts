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

test('a view of a part of a buffer is hashed as that part, a whole buffer as a whole', async () => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const digestOf = async (data: ArrayBuffer | ArrayBufferView, secret?: ArrayBufferView) => {
    const hash = new NodeSha256(secret);
    hash.update(data);
    return Buffer.from(await hash.digest()).toString('hex');
  };
  const expected = (...part: [number, number]) =>
    createHash('sha256')
      .update(bytes.subarray(...part))
      .digest('hex');

  expect(await digestOf(new DataView(bytes.buffer, 2, 3))).toBe(expected(2, 5));
  expect(await digestOf(bytes.buffer)).toBe(expected(0, 6));
  expect(await digestOf(bytes, new DataView(bytes.buffer, 1, 2))).toBe(
    createHmac('sha256', bytes.subarray(1, 3)).update(bytes).digest('hex'),
  );
});

test('what was hashed last with a secret is not given for bytes that were changed in place', async () => {
  const data = Uint8Array.from([1, 2, 3]);
  const digestOf = async (secret: string) => {
    const hash = new NodeSha256(secret);
    hash.update(data);
    return Buffer.from(await hash.digest()).toString('hex');
  };
  const expected = () => createHmac('sha256', 'in place').update(data).digest('hex');

  expect(await digestOf('in place')).toBe(expected());
  data[0] = 9;
  expect(await digestOf('in place')).toBe(expected());
  expect(await digestOf('in place')).toBe(expected());
});

test('many secrets, each again and again, give each its own hash', async () => {
  for (let round = 0; round < 2; round++) {
    for (let one = 0; one < 150; one++) {
      const hash = new NodeSha256(`secret ${one}`);
      hash.update('data');
      expect(Buffer.from(await hash.digest()).toString('hex')).toBe(
        createHmac('sha256', `secret ${one}`).update('data').digest('hex'),
      );
    }
  }
});
