/** Ids of requests. */
import { expect, test } from '@jest/globals';
import { validate, version } from 'uuid';
import { newRequestId } from '../../../local/http/request-id.ts';

test('a request id is a UUIDv7, and never comes twice', () => {
  const ids = Array.from({ length: 2000 }, newRequestId);

  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});
