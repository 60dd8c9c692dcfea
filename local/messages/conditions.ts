/**
 * Reads the conditions of a request for a file: which bytes it asks for, a single range (RFC 9110
 * section 14) or the whole file, and which tags it names.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange } from '../../core/ports/blob-store.ts';

/**
 * @returns undefined for the whole file: without `Range`, with one that is malformed, has several
 *   ranges or another unit (a server may ignore it), and when `If-Range` names another file
 */
export function rangeOf(
  headers: IncomingHttpHeaders,
  etag: string,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const { range, 'if-range': ifRange } = headers;
  // Neither dates nor weak tags prove that the bytes are the same (section 13.1.5).
  if (range === undefined || (ifRange !== undefined && (ifRange !== etag || etag.startsWith('W/'))))
    return undefined;
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? [];
  if (first === '') return last === '' ? undefined : lastBytes(Number(last), size);
  const start = Number(first);
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (end < start) return undefined;
  return start < size ? { start, end: Math.min(end, size - 1) } : 'unsatisfiable';
}

/** A suffix longer than the file means the whole file. */
function lastBytes(count: number, size: number): ByteRange | 'unsatisfiable' {
  return count === 0 || size === 0
    ? 'unsatisfiable'
    : { start: Math.max(0, size - count), end: size - 1 };
}

/**
 * Weak tags must not match in `If-Match` (RFC 9110 section 13.1.1). They are replaced by one that
 * no file has, so that the condition remains.
 */
export function withoutWeakTags(ifMatch: string): string {
  return ifMatch.replaceAll(/W\/"[^"]*"/g, '"weak"');
}
