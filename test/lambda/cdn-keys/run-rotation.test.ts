/** What a call of the rotation answers, logs and measures. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ServiceError } from '../../../core/errors.ts';
import { type RotationOrder, runRotation } from '../../../lambda/cdn-keys/run-rotation.ts';
import { CdnWorld, SETTINGS } from '../../core/cdn-keys/cdn-world.ts';

let world: CdnWorld;
let lines: string[];
let measured: unknown[];
beforeEach(async () => {
  world = await CdnWorld.opened();
  lines = [];
  measured = [];
});

function call(order: RotationOrder = {}) {
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  return runRotation(world.deps(), order, log, (measurements) => void measured.push(measurements));
}

describe('a call of the rotation', () => {
  test('returns what it did, the state of every key, and the next step', async () => {
    const began = world.now.toISOString();
    world.pass(SETTINGS.maxAgeSeconds);
    const now = world.now.toISOString();

    const answer = await call();

    expect(answer).toEqual({
      taken: { kind: 'promote', key: 'pair-2', dueAt: now, outcome: 'done' },
      keys: [
        {
          name: 'pair-1',
          keyId: 'K-pair-1',
          state: 'leaving',
          since: now,
          leavesAt: new Date(world.now.getTime() + (300 + 3600 + 300) * 1000).toISOString(),
          isInGroup: true,
          isReadable: true,
        },
        {
          name: 'pair-2',
          keyId: 'K-pair-2',
          state: 'signing',
          since: now,
          isInGroup: true,
          isReadable: true,
        },
      ],
      unreadable: 0,
      strangers: [],
      next: { kind: 'make', dueAt: now },
    });
    expect(began < now).toBe(true);
    expect(measured).toEqual([{ CdnKeyStepOverdueSeconds: 0 }]);
  });

  test('that is to look alone changes nothing, and measures nothing', async () => {
    world.keyring = { ...world.keyring, unreadable: ['?'] };
    world.registered.set('other', { keyId: 'KOTHER', pem: '' });
    world.keyIds = [...world.keyIds, 'KOTHER'];
    world.pass(SETTINGS.maxAgeSeconds);
    const { version } = world;

    const answer = await call({ show: true });

    expect(answer.taken).toBeUndefined();
    expect(answer).toMatchObject({
      unreadable: 1,
      strangers: ['KOTHER'],
      next: { kind: 'promote', key: 'pair-2' },
    });
    expect([world.version, measured]).toEqual([version, []]);
  });

  test('that is wanted now lets the spare sign before its time', async () => {
    world.pass(SETTINGS.overlapSeconds);

    expect((await call()).taken).toMatchObject({ kind: 'promote', outcome: 'waiting' });
    expect((await call({ rotate: true })).taken).toMatchObject({
      kind: 'promote',
      outcome: 'done',
    });
  });

  test('says by how much a step is late that the CDN refuses, and why', async () => {
    world.pass(SETTINGS.maxAgeSeconds + 7200);
    world.canaryAnswer = 'status 403 (AccessDenied)';

    const answer = await call();

    expect(answer.taken).toMatchObject({ outcome: 'refused', reason: 'status 403 (AccessDenied)' });
    expect(measured).toEqual([{ CdnKeyStepOverdueSeconds: 7200 }]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 40,
      reason: 'status 403 (AccessDenied)',
    });
  });

  test('says by how much a step is late that somebody else is always faster at: a keyring whose next version is taken moves no more', async () => {
    world.pass(SETTINGS.maxAgeSeconds + 600);
    const deps = world.deps();
    const taken = { ...deps, keyring: { ...deps.keyring, write: async () => undefined } };
    const log = pino({ level: 'silent' });

    const answer = await runRotation(
      taken,
      {},
      log,
      (measurements) => void measured.push(measurements),
    );

    expect(answer.taken).toMatchObject({ kind: 'promote', outcome: 'overtaken' });
    expect(measured).toEqual([{ CdnKeyStepOverdueSeconds: 600 }]);
  });

  test('fails with the step that fails, and says by how much it is late', async () => {
    world.pass(SETTINGS.maxAgeSeconds);
    await call();
    world.pass(3000);
    const failing = new ServiceError('UNAVAILABLE', 'public key x fails');
    const deps = world.deps();
    const broken = { ...deps, keyring: { ...deps.keyring, write: () => Promise.reject(failing) } };
    const log = pino({ level: 'silent' });

    const failed = runRotation(broken, {}, log, (measurements) => void measured.push(measurements));

    await expect(failed).rejects.toBe(failing);
    expect(measured.at(-1)).toEqual({ CdnKeyStepOverdueSeconds: 3000 });
  });

  test('gives up a key that leaves: the CDN trusts it no more, however long its links would live', async () => {
    world.pass(SETTINGS.overlapSeconds);
    await call({ rotate: true });

    const answer = await call({ distrust: 'K-pair-1' });

    expect(answer.taken).toMatchObject({ kind: 'leave', key: 'pair-1', outcome: 'done' });
    expect(world.keyIds).toEqual(['K-pair-2']);
  });

  test('gives up a spare, and makes another', async () => {
    const taken = [
      await call({ distrust: 'pair-2' }),
      await call(),
      await call(),
      await call(),
      await call(),
    ];

    expect(taken.map((answer) => answer.taken?.kind)).toEqual([
      'leave',
      'forget',
      'make',
      'register',
      'join',
    ]);
    expect(world.keyring.keys.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'pair-1 signing',
      'pair-3 joining',
    ]);
  });

  test('gives up neither the key that signs nor one that is not there', async () => {
    await expect(call({ distrust: 'pair-1' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(call({ distrust: 'pair-9' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(world.keyIds).toHaveLength(2);
  });

  test('never answers or logs a private key, whatever it does', async () => {
    const answers: unknown[] = [];
    world.pass(SETTINGS.maxAgeSeconds);
    for (const order of [{ show: true }, {}, {}, {}, {}, { rotate: true }]) {
      answers.push(await call(order));
      world.pass(5000);
    }

    expect(JSON.stringify(answers) + lines.join('')).not.toMatch(/PRIVATE|BEGIN|MIG/);
    expect(lines.length).toBeGreaterThan(3);
  });
});
