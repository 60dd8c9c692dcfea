/**
 * Computes the size of an item as DynamoDB does, so that a record that is too large is refused
 * early.
 */
import { ServiceError } from '../../core/errors.ts';
import type { Item } from './fields.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
export const ITEM_MAX_BYTES = 400 * 1024;

/**
 * Kept free for what later changes add (a reason, a rejection, the blob version), so that they fit.
 */
export const GROWTH_BYTES = 16 * 1024;

/** The most that a number takes. */
const NUMBER_BYTES = 21;

/** Counts names and values, in bytes of UTF-8. */
export function sizeOfItem(item: Item): number {
  return Object.entries(item).reduce((sum, [name, { S: text }]) => {
    return (
      sum + Buffer.byteLength(name) + (text === undefined ? NUMBER_BYTES : Buffer.byteLength(text))
    );
  }, 0);
}

/** @throws TOO_LARGE */
export function requireSize(what: string, item: Item): void {
  const size = sizeOfItem(item);
  const most = ITEM_MAX_BYTES - GROWTH_BYTES;
  if (size <= most) return;
  throw new ServiceError(
    'TOO_LARGE',
    `the record of ${what} takes ${size} bytes, must be at most ${most}; send less metadata`,
  );
}
