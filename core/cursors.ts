/** Cursors of lists: opaque to callers, tamper-evident, and good only for the list that gave them. */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { ServiceError } from './errors.ts';

/** Truncated to 128 bits (RFC 2104 section 5): a cursor grants nothing, it must only be ours. */
const TAG_BYTES = 16;

/** What makes the cursors of lists; at once, or where its key has to be fetched, a little later. */
export interface ListCursors {
  /** @param list what is listed, filters included: a cursor opens for the same `list` only */
  seal(list: string, position: string): string | Promise<string>;
  /** @throws INVALID_INPUT for whatever `seal` did not make */
  open(list: string, cursor: string): string | Promise<string>;
}

export class Cursors implements ListCursors {
  readonly #key: KeyObject;

  /** @param secret at least 32 bytes, shared by all servers of a service */
  constructor(secret: Uint8Array) {
    this.#key = createSecretKey(secret);
  }

  seal(list: string, position: string): string {
    return Buffer.concat([this.#tag(list, position), Buffer.from(position, 'utf8')]).toString('base64url');
  }

  open(list: string, cursor: string): string {
    const bytes = Buffer.from(cursor, 'base64url');
    const position = bytes.subarray(TAG_BYTES).toString('utf8');
    const canonical = bytes.toString('base64url') === cursor && bytes.length > TAG_BYTES;
    if (!canonical || !timingSafeEqual(bytes.subarray(0, TAG_BYTES), this.#tag(list, position))) {
      throw new ServiceError('INVALID_INPUT', 'cursor is not one that this list gave; leave it out to start anew');
    }
    return position;
  }

  #tag(list: string, position: string): Buffer {
    return createHmac('sha256', this.#key).update(`${list}\n${position}`).digest().subarray(0, TAG_BYTES);
  }
}
