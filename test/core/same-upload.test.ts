/** A multipart upload is known by the name that a store lists, also where its driver added to it. */

import { expect, test } from '@jest/globals';
import { isSameUpload } from '../../core/ports/multipart-store.ts';

test.each([
  ['2~abc', '2~abc', true],
  ['2~abc', '2~abc|300.100.n.mark', true],
  ['2~ab', '2~abc|300.100.n.mark', false],
  ['2~abc', '2~ab', false],
  ['2~abc|300.100.n.mark', '2~abc', false],
  ['', '2~abc|300.100.n.mark', false],
])('%j names %j: %s', (listed, uploadId, expected) => {
  expect(isSameUpload(listed, uploadId)).toBe(expected);
});
