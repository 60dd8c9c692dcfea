/** Which bytes a request asks for: one range (RFC 9110 section 14), where it still means the same file. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange } from '../../core/ports/blob-store.ts';

/**
 * Undefined stands for the whole file: without `Range`, with one that is malformed, in another unit or of several ranges (a server may
 * ignore it), and where `If-Range` names another file.
 */
export function rangeOf(
  headers: IncomingHttpHeaders,
  etag: string,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const { range, 'if-range': ifRange } = headers;
  // Dates are no proof of the same bytes, and weak tags neither: section 13.1.5.
  if (range === undefined || (ifRange !== undefined && (ifRange !== etag || etag.startsWith('W/'))))
    return undefined;
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? [];
  if (first === '') return last === '' ? undefined : lastBytes(Number(last), size);
  const start = Number(first);
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (end < start) return undefined;
  return start < size ? { start, end: Math.min(end, size - 1) } : 'unsatisfiable';
}

/** A suffix longer than the file means all of it. */
function lastBytes(count: number, size: number): ByteRange | 'unsatisfiable' {
  return count === 0 || size === 0
    ? 'unsatisfiable'
    : { start: Math.max(0, size - count), end: size - 1 };
}
