/** The log of the functions, held against pino's, whose lines it writes. */
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { jsonLog, type LogLevel } from '../../../lambda/runtime/json-log.ts';
import { describeError } from '../../../service/host/describe-error.ts';
import type { Log } from '../../../service/host/log.ts';

function linesOf(level: LogLevel, use: (log: Log) => void): readonly (readonly unknown[])[] {
  const ours: string[] = [];
  const theirs: string[] = [];
  use(jsonLog({ function: 'x' }, { level, write: (line) => void ours.push(line), now: () => 0 }));
  const options = {
    base: { function: 'x' },
    level,
    serializers: { err: describeError },
    timestamp: () => ',"time":0',
  };
  use(pino(options, { write: (line: string) => void theirs.push(line) }));
  return [ours, theirs].map((lines) => lines.map((line) => JSON.parse(line) as unknown));
}

const ERROR = new TypeError('no', { cause: new Error('deeper') });

describe('the log of a function', () => {
  test.each<[string, (log: Log) => void]>([
    ['a message', (log) => log.info('hello')],
    ['fields', (log) => log.warn({ key: 'packages/1/a.zip', bytes: 3, nothing: undefined })],
    ['fields and a message', (log) => log.error({ a: { b: [1, null] } }, 'failed')],
    ['an error', (log) => log.error({ err: ERROR }, 'failed')],
    [
      'children',
      (log) =>
        log.child({ operation: 'getPackage' }).child({ requestId: '1' }).info({ status: 200 }),
    ],
    [
      'serializers',
      (log) =>
        log.child({}, { serializers: { who: () => 'somebody' } }).info({ who: 1, constructor: 2 }),
    ],
    ['text that must be escaped', (log) => log.info({ path: 'a"b\n\u2028\ud800' }, 'line\nbreak')],
  ])('writes %s as pino does', (_, use) => {
    const [ours, theirs] = linesOf('info', use);

    expect(ours).toEqual(theirs);
    expect(ours).toHaveLength(1);
  });

  test.each(['debug', 'info', 'warn', 'error'] as const)(
    'at level %s leaves out what pino leaves out',
    (level) => {
      const [ours, theirs] = linesOf(level, (log) => {
        log.info('a');
        log.warn('b');
        log.error('c');
      });

      expect(ours).toEqual(theirs);
    },
  );

  test('reports a line that JSON can not hold, and goes on', () => {
    const lines: string[] = [];
    const log = jsonLog({}, { level: 'info', write: (line) => void lines.push(line) });

    log.info({ size: 1n }, 'big');

    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'big',
      unwritable: { type: 'TypeError' },
    });
  });
});
