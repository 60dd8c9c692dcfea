/**
 * Verification in steps ends as verification in one piece does, however often it is interrupted, and
 * never publishes what was not read.
 */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import type { VerificationTicket } from '../../../core/publishing/ticket.ts';
import { verifyStep } from '../../../core/publishing/verify-in-steps.ts';
import { abortUpload } from '../../../core/uploads/abort-upload.ts';
import { ref } from '../world.ts';
import { CONTENT, SteppingWorld } from './stepping.ts';

const RANGES = [
  { start: 0, end: 9 },
  { start: 10, end: 19 },
  { start: 20, end: 29 },
  { start: 30, end: 33 },
];
const WRONG = CONTENT.replace('thirty', 'twenty');

function unavailable(): never {
  throw new ServiceError('UNAVAILABLE', 'the store fails');
}

async function continued(
  world: SteppingWorld,
  ticket: VerificationTicket,
  ranges: number,
): Promise<VerificationTicket> {
  const step = await world.step(ticket, ranges);
  if (step.outcome !== 'continues') throw new Error(`the step ${step.outcome}`);
  return step.next;
}

describe('a verification in steps', () => {
  test('joins the parts, reads every byte once and publishes, in one step where there is time', async () => {
    const world = new SteppingWorld();

    const steps = await world.work(await world.verifying());

    expect(steps).toBe(1);
    expect(world.reads).toEqual(RANGES);
    expect(await world.record()).toMatchObject({ state: 'available', blob: { etag: '"1"' } });
  });

  test.each([1, 2, 3])(
    'interrupted after every %i ranges it goes on where it stopped',
    async (ranges) => {
      const world = new SteppingWorld();

      const steps = await world.work(await world.verifying(), ranges);

      expect(steps).toBe(Math.ceil(RANGES.length / ranges));
      expect(world.reads).toEqual(RANGES);
      expect(await world.stateNow()).toBe('available');
    },
  );

  test('its progress passes through JSON', async () => {
    const world = new SteppingWorld();
    const next = await continued(world, await world.verifying(), 2);

    await world.work(JSON.parse(JSON.stringify(next)) as VerificationTicket);

    expect(world.reads).toEqual(RANGES);
    expect(await world.stateNow()).toBe('available');
  });

  test('rejects wrong bytes whose wrong part was read in an earlier step', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    await world.memory.completeMultipart({
      key: (await world.record()).key,
      uploadId: await uploadId(world),
    });
    await world.swap(WRONG);

    await world.work(ticket, 1);

    expect(await world.record()).toMatchObject({
      state: 'rejected',
      rejection: { code: 'INTEGRITY' },
    });
    expect(await world.memory.stat((await world.record()).key)).toBeUndefined();
  });

  test.each([1, 2, 3])(
    'bytes swapped after %i steps are read from the start, and rejected where they are wrong',
    async (steps) => {
      const world = new SteppingWorld();
      let ticket = await world.verifying();
      for (let step = 0; step < steps; step++) ticket = await continued(world, ticket, 1);
      await world.swap(WRONG);

      await world.work(ticket, 1);

      expect(world.reads.slice(steps)).toEqual(RANGES);
      expect(await world.stateNow()).toBe('rejected');
    },
  );

  test('the right bytes, stored a second time, are read from the start and published with their new ETag', async () => {
    const world = new SteppingWorld();
    const ticket = await continued(world, await world.verifying(), 2);
    await world.swap(CONTENT);

    await world.work(ticket);

    expect(world.reads).toEqual([...RANGES.slice(0, 2), ...RANGES]);
    expect(await world.record()).toMatchObject({ state: 'available', blob: { etag: '"2"' } });
  });

  test.each(['get', 'stat'])('bytes swapped just before a %s are noticed', async (name) => {
    for (let call = 1; call <= 6; call++) {
      const world = new SteppingWorld();
      const ticket = await world.verifying();
      let calls = 0;
      world.onCall = async (called) => {
        if (called !== name || (await world.memory.stat((await world.record()).key)) === undefined)
          return;
        calls += 1;
        if (calls === call) await world.swap(WRONG);
      };

      await world.work(ticket);

      const expected = calls >= call ? 'rejected' : 'available';
      expect({ call, state: await world.stateNow() }).toEqual({ call, state: expected });
    }
  });

  test('a fault at any call leaves it to be tried again with the same ticket, at once, and it ends the same', async () => {
    let failed = true;
    for (let call = 1; failed; call++) {
      const world = new SteppingWorld();
      let ticket = await world.verifying();
      let calls = 0;
      failed = false;
      world.onCall = () => {
        calls += 1;
        if (calls !== call) return;
        failed = true;
        unavailable();
      };
      for (let done = false; !done; ) {
        if (calls > 200) throw new Error('the verification does not end');
        try {
          const step = await world.step(ticket, 2);
          done = step.outcome !== 'continues';
          if (step.outcome === 'continues') ticket = step.next;
        } catch (error) {
          expect(error).toMatchObject({ code: 'UNAVAILABLE' });
          expect(await world.stateNow()).toBe('verifying');
        }
      }

      expect({ call, state: await world.stateNow() }).toEqual({ call, state: 'available' });
    }
  });

  test('what was hashed before a fault is not read again', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.onCall = () => void (world.reads.length === 3 && unavailable());

    const next = await continued(world, ticket, Number.POSITIVE_INFINITY);
    world.onCall = () => undefined;
    await world.work(next);

    expect(world.reads).toEqual([...RANGES.slice(0, 3), ...RANGES.slice(2)]);
    expect(await world.stateNow()).toBe('available');
  });

  test('after a process was killed in the middle, its ticket is good again once patience has run out', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.pass(1);
    // A killed process writes nothing, not even that the ticket is free again.
    world.onCall = () => void (world.reads.length === 1 && unavailable());
    await expect(world.step(ticket)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    world.onCall = () => undefined;

    expect(await world.step(ticket)).toEqual({ outcome: 'elsewhere' });
    world.pass(600);
    await world.work(ticket);

    expect(await world.stateNow()).toBe('available');
  });

  test('a ticket that comes twice is dealt with once', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.pass(1);
    const next = await continued(world, ticket, 1);

    expect(await world.step(ticket)).toEqual({ outcome: 'elsewhere' });
    await world.work(next);

    expect(world.reads).toEqual(RANGES);
    expect(await world.step(ticket)).toMatchObject({
      outcome: 'ended',
      record: { state: 'available' },
    });
  });

  test('several at once do no harm', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();

    await Promise.all([world.work(ticket, 1), world.work(ticket, 2), world.work(ticket)]);

    expect(await world.stateNow()).toBe('available');
  });

  test('shows every minute that it is at work, and stops where another has taken it over', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    const touches: string[] = [];
    world.onCall = async (name) => {
      if (name !== 'get') return;
      touches.push((await world.record()).touchedAt);
      world.pass(60);
    };
    await continued(world, ticket, 3);

    expect(new Set(touches).size).toBe(3);
    const other = new SteppingWorld();
    const taken = await other.verifying();
    other.onCall = async (name) => {
      if (name !== 'get' || other.reads.length !== 2) return;
      other.pass(61);
      const { attemptId } = await other.record();
      await other.catalog.changePackage(
        ref,
        { attemptId, states: ['verifying'] },
        { touchedAt: '2026-01-02T03:05:00.000Z' },
      );
    };
    expect(await other.step(taken)).toEqual({ outcome: 'elsewhere' });
    expect(await other.stateNow()).toBe('verifying');
  });

  test('a state that another build has saved is left, and the file read from the start', async () => {
    const world = new SteppingWorld();
    const next = await continued(world, await world.verifying(), 2);
    if (next.progress === undefined) throw new Error('no progress');

    await world.work({
      ...next,
      progress: { ...next.progress, state: Buffer.from('of another build').toString('base64url') },
    });

    expect(world.reads).toEqual([...RANGES.slice(0, 2), ...RANGES]);
    expect(await world.stateNow()).toBe('available');
  });

  test('a ticket of an attempt that is over does nothing', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    const { attemptId } = await world.record();
    await world.catalog.changePackage(
      ref,
      { attemptId, states: ['verifying'] },
      { state: 'pending' },
    );
    await abortUpload(world.stepping, ref);
    const again = await world.verifying();

    expect(await world.step(ticket)).toMatchObject({
      outcome: 'ended',
      record: { attemptId: again.attemptId },
    });

    expect(world.reads).toEqual([]);
    expect(await world.stateNow()).toBe('verifying');
  });

  test('bytes that are gone send the upload back to its publisher', async () => {
    const world = new SteppingWorld();
    const next = await continued(world, await world.verifying(), 1);
    const { key } = await world.record();
    const info = await world.memory.stat(key);
    if (info !== undefined) await world.memory.delete(key, info);

    await world.work(next);

    expect(await world.stateNow()).toBe('pending');
  });

  test('bytes that no record owns reject it, and stay', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    const { key } = await world.record();
    world.memory.plant(key, Buffer.from('somebody else'));

    await world.work(ticket);

    expect(await world.record()).toMatchObject({
      state: 'rejected',
      rejection: { code: 'KEY_OCCUPIED' },
    });
    expect((await world.memory.stat(key))?.size).toBe(13);
  });

  test('what the store can prove itself is not read', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();

    const step = await verifyStep(
      {
        ...world.stepping,
        store: world.memory,
        hashes: { start: unavailable, resume: unavailable },
        hasTime: () => true,
      },
      ticket,
    );

    expect(step).toMatchObject({ outcome: 'ended', record: { state: 'available' } });
  });
});

async function uploadId(world: SteppingWorld): Promise<string> {
  const { plan } = await world.record();
  if (plan.method !== 'multipart') throw new Error('not a multipart upload');
  return plan.uploadId;
}
