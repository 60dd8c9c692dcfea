/** The suite that every journal of migrations keeps. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parsePackageKey } from '../../../core/names.ts';
import type { Journal } from '../../../core/ports/journal.ts';

export interface JournalHarness {
  readonly journal: Journal;
  close(): Promise<void>;
}

const [one, other] = ['a'.repeat(64), '0123456789abcdef'.repeat(4)] as const;
const { key } = parsePackageKey('packages/1.0.0/tool.zip');
const { key: otherKey } = parsePackageKey('packages/1.0.0/other.zip');
const bytes = { place: '/here', key, fingerprint: '9-1' };

export function describeJournal(name: string, open: () => Promise<JournalHarness>): void {
  describe(`journal contract: ${name}`, () => {
    let harness: JournalHarness;
    let journal: Journal;
    beforeEach(async () => {
      harness = await open();
      journal = harness.journal;
    });
    afterEach(() => harness.close());

    test('a hash is known only for the bytes that it was noted for', () => {
      journal.noteSha256(bytes, other);

      expect(journal.sha256Of(bytes)).toBe(other);
      expect(journal.sha256Of({ ...bytes, fingerprint: '9-2' })).toBeUndefined();
      expect(journal.sha256Of({ ...bytes, place: '/there' })).toBeUndefined();
      expect(journal.sha256Of({ ...bytes, key: otherKey })).toBeUndefined();
    });

    test('only the last bytes of a key in a place are known', () => {
      journal.noteSha256(bytes, one);
      journal.noteSha256({ ...bytes, fingerprint: '9-2' }, other);

      expect(journal.sha256Of(bytes)).toBeUndefined();
      expect(journal.sha256Of({ ...bytes, fingerprint: '9-2' })).toBe(other);
    });

    test('all hashes are known, also more than one transaction holds', () => {
      const keys = Array.from(
        { length: 1000 },
        (_, n) => parsePackageKey(`packages/1.0.0/tool${n}.zip`).key,
      );
      for (const [n, each] of keys.entries()) {
        journal.noteSha256({ ...bytes, key: each }, n.toString(16).padStart(64, '0'));
      }

      const known = keys.map((each) =>
        Number.parseInt(journal.sha256Of({ ...bytes, key: each }) ?? '', 16),
      );
      expect(known).toEqual(keys.map((_, n) => n));
    });

    test('a copy under way is known with its parts that have arrived', () => {
      journal.noteCopyBegun('/there', bytes, 'upload-1');
      journal.notePart('/there', key, 'upload-1', 2, one);
      journal.notePart('/there', key, 'upload-1', 1, other);
      journal.notePart('/there', key, 'upload-1', 2, other);

      const parts = new Map([
        [1, other],
        [2, other],
      ]);
      expect(journal.copyUnderWay('/there', key)).toEqual({
        source: bytes,
        uploadId: 'upload-1',
        parts,
      });
      expect(journal.copyUnderWay('/there', otherKey)).toBeUndefined();
      expect(journal.copyUnderWay('/here', key)).toBeUndefined();
    });

    test('a copy that is begun again has no parts, and gets none of the old copy', () => {
      journal.noteCopyBegun('/there', bytes, 'upload-1');
      journal.notePart('/there', key, 'upload-1', 1, one);
      journal.noteCopyBegun('/there', bytes, 'upload-2');
      journal.notePart('/there', key, 'upload-1', 2, one);

      expect(journal.copyUnderWay('/there', key)).toEqual({
        source: bytes,
        uploadId: 'upload-2',
        parts: new Map(),
      });
    });

    test('a copy that has ended is no longer known', () => {
      journal.noteCopyBegun('/there', bytes, 'upload-1');
      journal.notePart('/there', key, 'upload-1', 1, one);
      journal.noteCopyEnded('/there', key);
      journal.notePart('/there', key, 'upload-1', 2, one);

      expect(journal.copyUnderWay('/there', key)).toBeUndefined();
      journal.noteCopyBegun('/there', bytes, 'upload-1');
      expect(journal.copyUnderWay('/there', key)?.parts).toEqual(new Map());
    });
  });
}
