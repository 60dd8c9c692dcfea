/** Checks the range of a download, in the same way for every store. */
import { ServiceError } from '../core/errors.ts';
import type { ByteRange } from '../core/ports/blob-store.ts';

/**
 * The part of `range` that is within the file. An end beyond the file means its last byte (RFC 9110
 * section 14.1.2).
 * @throws INVALID_INPUT if the range is invalid, or begins beyond the file
 */
export function rangeWithin(range: ByteRange, size: number): ByteRange {
  const { start, end } = range;
  if (
    !Number.isSafeInteger(start) ||
    !Number.isSafeInteger(end) ||
    start < 0 ||
    start > end ||
    start >= size
  ) {
    throw new ServiceError(
      'INVALID_INPUT',
      `range must lie within ${size} bytes, got ${start}-${end}`,
    );
  }
  return { start, end: Math.min(end, size - 1) };
}
