/** The log as handlers use it: lines of JSON with fields. A pino logger is one; on AWS it is lambda/runtime/json-log.ts. */

interface LogLine {
  (fields: object, message?: string): void;
  (message: string): void;
}

export interface LogOptions {
  /** What fields of these names are written as. */
  readonly serializers?: Readonly<Record<string, (value: unknown) => unknown>>;
}

export interface Log {
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  /** A log whose lines all bear `bindings`. */
  child(bindings: object, options?: LogOptions): Log;
}
