/** Answers of one turn of the event loop. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { endTogether } from '../../../local/http/end-together.ts';

test('answers that are ready in one turn are ended together, after all its requests', async () => {
  const events: string[] = [];
  const answer = (name: string) =>
    endTogether({ end: () => events.push(`${name} ended`) } as never, undefined);

  const first = answer('first');
  events.push('second request handled');
  await Promise.resolve();
  const second = answer('second');
  await Promise.all([first, second]);

  expect(events).toEqual(['second request handled', 'first ended', 'second ended']);
});

test('an answer that is ready while others are ended is ended in the next turn', async () => {
  const events: string[] = [];
  const late = { end: () => events.push('late') };
  const early = {
    end: () => {
      events.push('early');
      void endTogether(late as never, undefined);
    },
  };

  await endTogether(early as never, undefined);
  expect(events).toEqual(['early']);
  await nextTurn();

  expect(events).toEqual(['early', 'late']);
});
