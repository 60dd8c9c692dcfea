/** The log of a function on AWS: JSON lines on standard output, which CloudWatch collects. */
import { ENV } from '../../open/settings/env.ts';
import type { Log } from '../../service/host/log.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';
import { jsonLog, type LogLevel } from './json-log.ts';

const LEVELS: readonly LogLevel[] = ['info', 'debug', 'warn', 'error'];

/** An unknown level is read as `info`: a wrong setting must not silence the log. */
export function functionLog(name: string): Log {
  const asLevel = (text: string) => LEVELS.find((one) => one === text) ?? 'info';
  const level = readFunctionSettings((reader) =>
    reader.text(ENV.logLevel, asLevel, LEVELS.join(', ')),
  );
  return jsonLog(
    { function: name },
    { level: level ?? 'info', write: (line) => void process.stdout.write(line) },
  );
}
