/** Readers of flag values for commander. */
import { InvalidArgumentError } from 'commander';

/** For a flag that may be given several times. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** 0 to 100, with a fraction where it is wanted. */
export function percentage(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}(?:\.\d+)?$/.test(text) && value <= 100) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}

const DAY_MS = 24 * 3600 * 1000;
const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
};

/** `90d`, `12h`. @returns milliseconds; undefined for other text */
function asDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([mhdwy])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  return amount === undefined || unitMs === undefined ? undefined : Number(amount) * unitMs;
}

/** @returns the RFC 3339 time that was so long ago */
export function parseAge(text: string): string {
  const duration = asDuration(text);
  if (duration !== undefined) return new Date(Date.now() - duration).toISOString();
  throw new InvalidArgumentError('It must be a time such as 90d (m, h, d, w, y).');
}

/** `90d`, `12h`, or an RFC 3339 time. @returns RFC 3339 */
export function parseExpiry(text: string): string {
  const duration = asDuration(text);
  if (duration !== undefined) return new Date(Date.now() + duration).toISOString();
  if (/^\d{4}-\d{2}-\d{2}T\S+$/.test(text) && !Number.isNaN(Date.parse(text)))
    return new Date(text).toISOString();
  throw new InvalidArgumentError(
    'It must be a time from now such as 90d (m, h, d, w, y), or such as 2027-01-31T00:00:00Z.',
  );
}
