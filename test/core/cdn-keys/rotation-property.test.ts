/** In any order of events, the key group holds the signer's key and the key of every valid link. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rotateOnce } from '../../../core/cdn-keys/rotate.ts';
import { isServiceError } from '../../../core/errors.ts';
import { CdnWorld, Crash, type Hook } from './cdn-world.ts';

interface RunStep {
  readonly isForced: boolean;
  /** Another process takes a step before this effect. */
  readonly meanwhileAt: number;
  readonly crashAt: number;
  readonly when: 'before' | 'after';
  /** Seconds that an effect takes. */
  readonly slow: number;
}

type Event =
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'link'; readonly reader: number; readonly isFresh: boolean }
  | { readonly kind: 'canary'; readonly works: boolean }
  | ({ readonly kind: 'rotate' } & RunStep);

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      seconds: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constantFrom(3600, 4000, 90 * 86_400)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('link' as const),
      reader: fc.nat({ max: 2 }),
      isFresh: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('canary' as const), works: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('rotate' as const),
      isForced: fc.boolean(),
      meanwhileAt: fc.constantFrom(0, 1, 9, 9),
      crashAt: fc.constantFrom(0, 1, 9, 9),
      when: fc.constantFrom('before' as const, 'after' as const),
      slow: fc.constantFrom(0, 0, 60),
    }),
  },
);

async function rotate(
  world: CdnWorld,
  { isForced, meanwhileAt, crashAt, when, slow }: RunStep,
): Promise<void> {
  const hook: Hook = async (nth, moment) => {
    world.pass(moment === 'before' ? slow : 0);
    if (nth === meanwhileAt && moment === 'before') await rotateOnce(world.deps());
    if (nth === crashAt && moment === when) throw new Crash();
  };
  try {
    await rotateOnce(world.deps(hook), isForced);
  } catch (error) {
    // If a port refuses, as AWS does when two run at once, the call ends; the next one looks again.
    if (!(error instanceof Crash) && !isServiceError(error, 'CONFLICT')) throw error;
  }
}

async function happen(world: CdnWorld, one: Event): Promise<void> {
  if (one.kind === 'pass') world.pass(one.seconds);
  else if (one.kind === 'canary') world.canaryAnswer = one.works ? undefined : 'status 403';
  else if (one.kind === 'rotate') await rotate(world, one);
  else expect(world.link(one.reader, one.isFresh)).toBeDefined();
  world.check();
}

test('no link in force is ever refused, and a link can always be signed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 60 }), async (events) => {
      const world = await CdnWorld.opened();

      for (const one of events) await happen(world, one);

      expect(world.registered.size).toBeLessThanOrEqual(5);
    }),
    { numRuns: 300 },
  );
});

test('left alone, it always comes to rest with one signer, one spare, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
      const world = await CdnWorld.opened();
      for (const one of events) await happen(world, one);
      world.canaryAnswer = undefined;

      for (let calls = 0; calls < 20; calls += 1) {
        await rotateOnce(world.deps());
        world.pass(4000);
      }

      expect(world.keyring.keys.map(({ state }) => state).sort()).toEqual(['joining', 'signing']);
      expect([...world.keyIds].sort()).toEqual(world.keyring.keys.map(({ keyId }) => keyId).sort());
      expect(world.registered.size).toBe(2);
    }),
    { numRuns: 100 },
  );
});
