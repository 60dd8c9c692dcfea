/** Cursors open for the list that gave them, and for nothing else. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Cursors } from '../../core/cursors.ts';

const cursors = new Cursors(new Uint8Array(32).fill(1));
const position = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => text.isWellFormed());

test('what was sealed is opened again', () => {
  fc.assert(
    fc.property(fc.string(), position, (list, at) => {
      expect(cursors.open(list, cursors.seal(list, at))).toBe(at);
    }),
  );
});

test('another list, another secret, any other character: refused', () => {
  fc.assert(
    fc.property(position, fc.nat(), fc.constantFrom(...'AZaz09-_=+/.\0'), (at, where, character) => {
      const cursor = cursors.seal('packages', at);
      const index = where % cursor.length;
      const changed = cursor.slice(0, index) + character + cursor.slice(index + 1);

      expect(() => cursors.open('versions', cursor)).toThrow('cursor is not one');
      expect(() => new Cursors(new Uint8Array(32)).open('packages', cursor)).toThrow('cursor is not one');
      if (changed !== cursor) expect(() => cursors.open('packages', changed)).toThrow('cursor is not one');
    }),
  );
});

test('no text that we did not make is opened', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(() => cursors.open('packages', text)).toThrow('cursor is not one');
    }),
  );
});
