/**
 * The types of the clock and of new ids. Both are arguments everywhere in core, so that tests can
 * control them.
 */

/** The present moment. */
export type Clock = () => Date;

/**
 * RFC 3339 in UTC with milliseconds (`Date.prototype.toISOString`), so that text order is time
 * order.
 */
export type Timestamp = string;

/** A fresh UUIDv7 (RFC 9562): unique, and in the order of creation. */
export type NewId = () => string;

/** The moment `seconds` after `from`. */
export function addSeconds(from: Date, seconds: number): Date {
  return new Date(from.getTime() + seconds * 1000);
}
