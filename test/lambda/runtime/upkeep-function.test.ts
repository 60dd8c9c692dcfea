/** A function that no client waits for: what it throws, so that Lambda retries, and its time limit. */
import { describe, expect, jest, test } from '@jest/globals';
import { timeOf, upkeepFunction } from '../../../lambda/runtime/upkeep-function.ts';

function contextWith(milliseconds: () => number) {
  return { awsRequestId: 'call-1', getRemainingTimeInMillis: milliseconds };
}

describe('an upkeep function', () => {
  test('throws what it cannot do, without a word of what failed, and opens again at the next call', async () => {
    const lines: string[] = [];
    const written = jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
    let tries = 0;
    const open = () => {
      tries += 1;
      if (tries === 1) throw new Error('https://queue.test/?X-Amz-Signature=secret');
      return 'open';
    };
    const handler = upkeepFunction('sweep', open, async (event, { deps }) => ({ event, deps }));
    const context = contextWith(() => 1000);

    await expect(handler('event', context)).rejects.toThrow(
      'sweep failed; see the log of request call-1',
    );
    expect(await handler('event', context)).toEqual({ event: 'event', deps: 'open' });
    written.mockRestore();

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 50,
      function: 'sweep',
      requestId: 'call-1',
    });
    expect(lines.join()).not.toContain('secret');
  });

  test.each([
    [900_000, 60_001, true],
    [900_000, 60_000, false],
    [10_000, 2001, true],
    [10_000, 2000, false],
  ])('of %i ms with %i left says that there is time: %s', (given, left, expected) => {
    let now = given;
    const hasTime = timeOf(contextWith(() => now));
    now = left;

    expect(hasTime()).toBe(expected);
  });
});
