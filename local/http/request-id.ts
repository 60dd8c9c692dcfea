/** Makes ids of requests: UUIDv7 (RFC 9562) from random bytes that are fetched many at a time, since each fetch costs as much as a whole look-up. */
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const ID_BYTES = 16;
const pool = new Uint8Array(ID_BYTES * 512);
let used = pool.length;

/** In the order of creation by the millisecond, which is as much as a log needs. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  return v7({ random });
}
