/**
 * Cursors open for the list that gave them, and for nothing else; only the service can read them.
 */
import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Cursors } from '../../core/cursors.ts';

const cursors = new Cursors(new Uint8Array(32).fill(1));
const position = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => text.isWellFormed());

test('what was sealed is opened again', () => {
  fc.assert(
    fc.property(fc.string(), position, (list, at) => {
      expect(cursors.open(list, cursors.seal(list, at))).toBe(at);
    }),
  );
});

test('another list, another secret, any other character: refused', () => {
  fc.assert(
    fc.property(
      position,
      fc.nat(),
      fc.constantFrom(...'AZaz09-_=+/.\0'),
      (at, where, character) => {
        const cursor = cursors.seal('packages', at);
        const index = where % cursor.length;
        const changed = cursor.slice(0, index) + character + cursor.slice(index + 1);

        expect(() => cursors.open('versions', cursor)).toThrow('cursor is not one');
        expect(() => new Cursors(new Uint8Array(32)).open('packages', cursor)).toThrow(
          'cursor is not one',
        );
        if (changed !== cursor)
          expect(() => cursors.open('packages', changed)).toThrow('cursor is not one');
      },
    ),
  );
});

test('no text that we did not make is opened', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(() => cursors.open('packages', text)).toThrow('cursor is not one');
    }),
  );
});

test('a cursor does not show its position, nor how long a name in it is', () => {
  const names = ['1', 'secret-1.0.0', '2026-11-22_nightly-of-a-customer'];

  const sealed = names.map((name) => cursors.seal('versions', `2026-01-02T03:04:05.000Z/${name}`));

  const [short = '', middle = '', long = ''] = sealed;
  for (const cursor of sealed) {
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/2026|secret|nightly/);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
  }
  expect([short.length, middle.length]).toEqual([long.length, long.length]);
});

test('the same position never gives the same cursor twice', () => {
  const made = Array.from({ length: 1000 }, () => cursors.seal('versions', 'x'));

  expect(new Set(made).size).toBe(1000);
});

test('a cursor of the release before, which had a MAC alone, still goes on', () => {
  const position = '2026-01-02T03:04:05.000Z/1.0.0';
  const tag = createHmac('sha256', new Uint8Array(32).fill(1))
    .update(`versions\n${position}`)
    .digest();
  const old = Buffer.concat([tag.subarray(0, 16), Buffer.from(position)]).toString('base64url');

  expect(cursors.open('versions', old)).toBe(position);
  expect(() => cursors.open('packages', old)).toThrow('cursor is not one');
});
