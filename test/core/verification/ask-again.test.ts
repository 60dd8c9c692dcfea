/** When a verification is asked for: once at its start, and again only if no worker reports on it. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { sweep } from '../../../core/uploads/sweep.ts';
import { ref } from '../world.ts';
import { SteppingWorld } from './stepping.ts';

const PATIENCE = 600;

describe('a verification that was asked for', () => {
  test('is not asked for again by a publisher who polls', async () => {
    const world = new SteppingWorld();
    await world.verifying();

    for (let poll = 0; poll < 3; poll++) {
      world.pass(10);
      expect((await completeUpload(world.stepping, ref)).state).toBe('verifying');
    }

    expect(world.tickets).toEqual([]);
  });

  test('is asked for again, once, if no worker shows that it is at work', async () => {
    const world = new SteppingWorld();
    await world.verifying();
    world.pass(PATIENCE);

    await Promise.all([
      completeUpload(world.stepping, ref),
      sweep(world.stepping, 0),
      completeUpload(world.stepping, ref),
    ]);

    expect(world.tickets).toHaveLength(1);
    const [ticket] = world.tickets;
    if (ticket === undefined) throw new Error('no ticket');
    await world.work(ticket);
    expect(await world.stateNow()).toBe('available');
  });

  test('is left alone by the sweep while it goes on', async () => {
    const world = new SteppingWorld();
    const step = await world.step(await world.verifying(), 1);
    world.pass(PATIENCE - 1);

    expect(await sweep(world.stepping, 0)).toMatchObject({ finished: 0, isWhole: true });

    expect(step.outcome).toBe('continues');
    expect(world.tickets).toEqual([]);
  });

  test('is pending again if the queue does not take it, so that the next completion asks again', async () => {
    const world = new SteppingWorld();
    world.onCall = (name) => {
      if (name === 'enqueue') throw new ServiceError('UNAVAILABLE', 'the queue takes no message');
    };
    await expect(world.verifying()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await world.stateNow()).toBe('pending');
    world.onCall = () => undefined;

    await completeUpload(world.stepping, ref);

    expect(world.tickets).toHaveLength(1);
    expect(await world.stateNow()).toBe('verifying');
  });
});

describe('a sweep that has little time', () => {
  test('stops between two pieces of work, and says so', async () => {
    const world = new SteppingWorld();
    await world.create('bytes');
    world.pass(900);

    expect(await sweep(world.stepping, 0, () => false)).toEqual({
      finished: 0,
      expired: 0,
      purged: 0,
      leftovers: 0,
      unlisted: [],
      failures: [],
      isWhole: false,
    });
  });
});
