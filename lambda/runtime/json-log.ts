/** A log that writes what pino would, and starts in no time: pino's own start is a third of that of an empty function, for workers and formats that Lambda has no use for. */
import { describeError } from '../../service/host/describe-error.ts';
import type { Log, LogOptions } from '../../service/host/log.ts';

/** Pino's numbers. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof LEVELS;

export interface JsonLogOptions {
  /** Lines below it are left out. */
  readonly level: LogLevel;
  /** Takes one line with its end. */
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

/** A line that can't be written must not fail the request that it tells of. */
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
