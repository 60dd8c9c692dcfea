/**
 * Makes request ids: UUIDv7 (RFC 9562). Random bytes are fetched many at a time, because a fetch
 * costs as much as a look-up of a record.
 */
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const ID_BYTES = 16;
const pool = new Uint8Array(ID_BYTES * 512);
let used = pool.length;

/** Ids sort by the millisecond of their creation, which is enough for a log. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  return v7({ random });
}
