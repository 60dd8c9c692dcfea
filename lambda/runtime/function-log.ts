/** The log of a function on AWS: JSON lines on standard output, which CloudWatch takes up. */
import { type Logger, pino } from 'pino';
import { describeError } from '../describe-error.ts';
import { ENV, readFunctionSettings } from '../env.ts';

const LEVELS = ['info', 'debug', 'warn', 'error'] as const;

/** A level that is none is no reason to log nothing: it is `info` then, and those who read all their settings say so. */
export function functionLog(name: string): Logger {
  const level = readFunctionSettings((reader) =>
    reader.text(ENV.logLevel, (text) => LEVELS.find((one) => one === text) ?? LEVELS[0], LEVELS.join(', ')),
  );
  return pino({ base: { function: name }, level: level ?? LEVELS[0], serializers: { err: describeError } });
}
