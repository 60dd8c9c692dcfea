/** Ranges of requests, by the examples of RFC 9110 section 14. */
import { expect, test } from '@jest/globals';
import { rangeOf } from '../../../local/messages/conditions.ts';

const ETAG = '"abc"';

test.each<[string, number, ReturnType<typeof rangeOf>]>([
  ['bytes=0-499', 10_000, { start: 0, end: 499 }],
  ['bytes=500-', 10_000, { start: 500, end: 9999 }],
  ['bytes=-500', 10_000, { start: 9500, end: 9999 }],
  ['bytes=9500-20000', 10_000, { start: 9500, end: 9999 }],
  ['bytes=-20000', 10_000, { start: 0, end: 9999 }],
  ['bytes=0-99999999999999999999999', 10, { start: 0, end: 9 }],
  ['BYTES=1-1', 10, { start: 1, end: 1 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-5', 0, 'unsatisfiable'],
  ['bytes=5-4', 10, undefined],
  ['bytes=0-1,3-4', 10, undefined],
  ['bytes=-', 10, undefined],
  ['bytes=a-b', 10, undefined],
  ['items=0-1', 10, undefined],
])('%s of %d bytes', (range, size, expected) => {
  expect(rangeOf({ range }, ETAG, size)).toEqual(expected);
});

test('a range counts only where If-Range names the same bytes', () => {
  const range = 'bytes=0-1';

  expect(rangeOf({ range, 'if-range': ETAG }, ETAG, 10)).toEqual({ start: 0, end: 1 });
  for (const other of ['"def"', `W/${ETAG}`, 'Sun, 22 Nov 2026 12:00:00 GMT']) {
    expect(rangeOf({ range, 'if-range': other }, ETAG, 10)).toBeUndefined();
  }
  expect(rangeOf({}, ETAG, 10)).toBeUndefined();
});
