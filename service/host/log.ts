/**
 * The log that handlers write to: lines of JSON with fields. A pino logger fits; on AWS it is
 * lambda/runtime/json-log.ts.
 */

interface LogLine {
  (fields: object, message?: string): void;
  (message: string): void;
}

export interface LogOptions {
  /** Turns the fields of these names into what is written. */
  readonly serializers?: Readonly<Record<string, (value: unknown) => unknown>>;
}

export interface Log {
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  /** A log that adds `bindings` to every line. */
  child(bindings: object, options?: LogOptions): Log;
}
