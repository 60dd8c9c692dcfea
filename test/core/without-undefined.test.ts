import { describe, expect, test } from '@jest/globals';
import { withoutUndefined } from '../../core/without-undefined.ts';

describe('withoutUndefined', () => {
  test('keeps null, false, zero and empty text, and leaves undefined out', () => {
    const reason: string | undefined = undefined;

    const properties = withoutUndefined({ a: null, b: false, c: 0, d: '', reason });

    expect(Object.keys(properties)).toStrictEqual(['a', 'b', 'c', 'd']);
  });

  test('lets a value that may be undefined fill an optional property', () => {
    const reason = [undefined, 'withdrawn'].at(1);

    const yank: { by: string; reason?: string } = withoutUndefined({ by: 'ci', reason });

    expect(yank).toStrictEqual({ by: 'ci', reason: 'withdrawn' });
  });
});
