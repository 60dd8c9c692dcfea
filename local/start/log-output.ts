/** Where the log goes, and in which form: JSON lines for programs, or text for people. */
import { type Logger, type LoggerOptions, pino } from 'pino';

export type LogFormat = 'json' | 'text';

/** Where lines of the log go, and which. */
export interface LogPlace {
  readonly fd: number;
  readonly level: string;
  /** @default 'json' */
  readonly format?: LogFormat;
}

/** @param options of pino, beside its level. `maxWrite` as `pino.destination` has it */
export function openLog(
  { fd, level, format = 'json' }: LogPlace,
  { maxWrite, ...options }: LoggerOptions & { readonly maxWrite?: number } = {},
): Logger {
  const output = pino.destination({
    dest: fd,
    sync: false,
    ...(maxWrite !== undefined && { maxWrite }),
  });
  const lines =
    format === 'json' ? output : { write: (line: string) => void output.write(textOf(line)) };
  return pino({ level, base: null, ...options }, lines);
}

const NAMES: ReadonlyMap<unknown, string> = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

/** One line of JSON as one line of text: time, level, message, and the fields as `name=value`. */
export function textOf(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [
    new Date(Number(time)).toISOString(),
    NAMES.get(level) ?? String(level),
    ...(msg === undefined ? [] : [oneLine(String(msg))]),
    ...Object.entries(fields).map(([name, value]) => `${name}=${textOfField(value)}`),
  ];
  return `${words.join(' ')}\n`;
}

/** Text from requests must not look like another line, or like another field. */
function textOfField(value: unknown): string {
  const text = JSON.stringify(value);
  return typeof value === 'string' && /^[\w./:@%+,-]+$/.test(value) ? value : text;
}

function oneLine(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
}
