/**
 * A log that writes the same lines as pino, without pino's start: that takes a third of the start of
 * an empty function, for workers and formats that are not used in Lambda.
 */
import { describeError } from '../../service/host/describe-error.ts';
import type { Log, LogOptions } from '../../service/host/log.ts';

/** Pino's numbers. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof LEVELS;

export interface JsonLogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  /** Takes one line with its line end. */
  readonly write: (line: string) => void;
  /** @default Date.now */
  readonly now?: () => number;
}

type Serializers = NonNullable<LogOptions['serializers']>;

export function jsonLog(bindings: object, options: JsonLogOptions): Log {
  return childLog(bindings, { err: describeError }, options);
}

function childLog(bindings: object, serializers: Serializers, options: JsonLogOptions): Log {
  const { level: least, write, now = Date.now } = options;
  const line = (level: LogLevel) => (first: object | string, message?: string) => {
    if (LEVELS[level] < LEVELS[least]) return;
    const fields = typeof first === 'string' ? {} : serialized(first, serializers);
    const msg = typeof first === 'string' ? first : message;
    const entry = {
      level: LEVELS[level],
      time: now(),
      ...bindings,
      ...fields,
      ...(msg === undefined ? {} : { msg }),
    };
    write(`${textOf(entry)}\n`);
  };
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (more, { serializers: own = {} } = {}) =>
      childLog({ ...bindings, ...more }, { ...serializers, ...own }, options),
  };
}

function serialized(fields: object, serializers: Serializers): object {
  const entries = Object.entries(fields).map(([name, value]) => {
    const serialize = Object.hasOwn(serializers, name) ? serializers[name] : undefined;
    return [name, serialize === undefined ? value : serialize(value)];
  });
  return Object.fromEntries(entries) as object;
}

/** A line that can't be written must not fail the request that logs it. */
function textOf(entry: {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
}): string {
  try {
    return JSON.stringify(entry);
  } catch (error) {
    const { level, time, msg } = entry;
    return JSON.stringify({ level, time, msg, unwritable: describeError(error) });
  }
}
