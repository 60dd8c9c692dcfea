/** How results look. */
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { parseExpiry, wholeNumber } from '../../cli/command/flags.ts';
import { columns } from '../../cli/output/columns.ts';
import { failure } from '../../cli/output/fault.ts';
import { Output } from '../../cli/output/output.ts';
import { progressOf } from '../../cli/output/progress.ts';
import { humanSize } from '../../core/human-size.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [10 * 1024, '10 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [314_572_800, '300 MiB'],
  [50 * 1024 ** 3, '50 GiB'],
])('%i bytes read %s', (bytes, text) => {
  expect(humanSize(bytes)).toBe(text);
});

test('columns are aligned, and lines end without blanks', () => {
  expect(
    columns(
      ['NAME', 'SIZE', 'NOTE'],
      [
        ['a', '10 B', ''],
        ['longer', '1 B', 'x'],
      ],
      ['left', 'right'],
    ),
  ).toEqual(['NAME    SIZE  NOTE', 'a       10 B', 'longer   1 B  x']);
});

test('a name that would command the terminal is shown in numbers', () => {
  const stdout = new PassThrough();

  new Output({ stdout, stderr: new PassThrough() }, false).line('evil\u001b[2J\u202ename');

  expect(stdout.read()?.toString()).toBe('evil\\u001b[2J\\u202ename\n');
});

describe('text that others wrote', () => {
  const EVIL = 'a\u001b[2J\u009b1m\u202e\u200b\ufeff\u00ad\u{e0041}\r\nb';
  const SHOWN = 'a\\u001b[2J\\u009b1m\\u202e\\u200b\\ufeff\\u00ad\\u{e0041}\\u000d\\u000ab';

  /** What an output writes on either stream. */
  function written(write: (output: Output) => void, json = false): string {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    write(new Output({ stdout, stderr }, json));
    return [stdout.read(), stderr.read()].join('');
  }

  test('is one line of a result, however many it has', () => {
    expect(written((output) => output.line(EVIL))).toBe(`${SHOWN}\n`);
  });

  test('is one line of a note', () => {
    expect(written((output) => output.note(EVIL))).toBe(`${SHOWN}\n`);
  });

  test('in a fault can not look like a fault of its own', () => {
    const fault = failure(`X\nstowage: ${EVIL}`, EVIL, { hint: EVIL });

    const lines = written((output) => output.fault(fault))
      .trimEnd()
      .split('\n');

    expect(lines.filter((line) => !line.startsWith('  '))).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b\u202e]/);
  });

  test('in JSON commands no terminal either, and reads the same', () => {
    const text = written((output) => output.document({ name: EVIL }), true);
    const fault = written((output) => output.fault(failure('X', EVIL)), true);

    expect(`${text}${fault}`).toMatch(/^[\x20-\x7e\n]+$/);
    expect(JSON.parse(text)).toEqual({ name: EVIL });
    expect(JSON.parse(fault)).toEqual({ error: { code: 'X', message: EVIL } });
  });

  test('shows letters of every script, and emoji, as they are', () => {
    const text = 'Grüße 日本語 ❤\ufe0f עברית';

    expect(written((output) => output.line(text))).toBe(`${text}\n`);
  });

  test('names a file in the progress bar and commands nothing', () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });

    const progress = progressOf(
      new Output({ stdout: new PassThrough(), stderr: terminal }, false),
      EVIL,
      10,
    );
    progress.show('fetching', 5);
    progress.end();

    const drawn = terminal.read()?.toString() ?? '';
    expect(drawn).toContain(SHOWN);
    expect(drawn).not.toContain('\u001b[2J');
    expect(drawn).not.toContain('\u009b');
  });

  test('that is no text is shown all the same', () => {
    expect(columns(['A'], [[{ b: 1 } as unknown as string]])).toEqual(['A', '{"b":1}']);
  });
});

test('a cell of a table is one line, whatever it holds', () => {
  expect(columns(['A', 'B'], [['x\ny', 'z\t\u001b']])).toEqual([
    'A         B',
    'x\\u000ay  z\\u0009\\u001b',
  ]);
});

test('a fault of several lines is distinct from other faults', () => {
  const stderr = new PassThrough();

  new Output({ stdout: new PassThrough(), stderr }, false).fault(
    failure('YANKED', 'it was yanked: one\ntwo'),
  );

  expect(stderr.read()?.toString()).toBe('stowage: it was yanked: one\n  two (YANKED)\n');
});

describe('a flag', () => {
  test.each([
    ['1m', 60],
    ['12h', 43_200],
    ['90d', 7_776_000],
    ['2w', 1_209_600],
  ])('--expires %s is so far from now', (text, seconds) => {
    const before = Date.now();

    const at = Date.parse(parseExpiry(text));

    expect(at).toBeGreaterThanOrEqual(before + seconds * 1000);
    expect(at).toBeLessThanOrEqual(Date.now() + seconds * 1000);
  });

  test('--expires takes a time with any offset', () => {
    expect(parseExpiry('2027-01-31T00:00:00+02:00')).toBe('2027-01-30T22:00:00.000Z');
  });

  test.each(['', 'never', '90', '-1d', '2027-01-31', '9999999d'])(
    '--expires %j is refused',
    (text) => {
      expect(() => parseExpiry(text)).toThrow('It must be a time from now');
    },
  );

  test.each(['0', '65', '1.5', '', ' 4', '4x'])('a whole number from 1 to 64 is not %j', (text) => {
    expect(() => wholeNumber(1, 64)(text)).toThrow('whole number from 1 to 64');
  });
});
