/** The log as text, for people. */
import { expect, test } from '@jest/globals';
import { textOf } from '../../../local/start/log-output.ts';

const TIME = 1_795_348_800_000;
const written = (line: object) => textOf(JSON.stringify({ level: 30, time: TIME, ...line }));

test('a line of text has time, level, message and the fields', () => {
  expect(written({ url: 'http://127.0.0.1:8787', ms: 1.5, msg: 'Stowage listens' })).toBe(
    '2026-11-22T12:00:00.000Z info Stowage listens url=http://127.0.0.1:8787 ms=1.5\n',
  );
  expect(written({ level: 50, status: 500 })).toBe('2026-11-22T12:00:00.000Z error status=500\n');
});

test.each([
  [
    'path',
    '/a\n2026-11-22T12:00:00.000Z error made up',
    String.raw`path="/a\n2026-11-22T12:00:00.000Z error made up"`,
  ],
  ['path', '/a status=200', 'path="/a status=200"'],
  ['msg', 'two\nlines', String.raw`two\nlines`],
  ['err', { type: 'Error', message: 'a\nb' }, String.raw`err={"type":"Error","message":"a\nb"}`],
])('what a request sends as %s can not look like a line or a field: %j', (name, value, text) => {
  expect(written({ [name]: value })).toBe(`2026-11-22T12:00:00.000Z info ${text}\n`);
});
