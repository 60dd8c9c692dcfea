/** The rotation of the CDN's keys: a step a call, whatever breaks off in between. */
import { describe, expect, test } from '@jest/globals';
import { removeAllKeys } from '../../../core/cdn-keys/first-keys.ts';
import { signerOf } from '../../../core/cdn-keys/keyring.ts';
import { nextStep } from '../../../core/cdn-keys/next-step.ts';
import { rotateOnce } from '../../../core/cdn-keys/rotate.ts';
import { ServiceError } from '../../../core/errors.ts';
import { CdnWorld, Crash, type Hook, SETTINGS } from './cdn-world.ts';

/** Dies before or after the nth effect. */
function crashing(nth: number, when: 'before' | 'after'): Hook {
  return (here, moment) => {
    if (here === nth && moment === when) throw new Crash();
  };
}

async function step(world: CdnWorld, isForced = false): Promise<string> {
  const { step: taken, outcome } = await rotateOnce(world.deps(), isForced);
  return `${taken.kind} ${outcome}`;
}

function states(world: CdnWorld): readonly string[] {
  return world.keyring.keys.map(({ name, state }) => `${name} ${state}`);
}

/** Everything that a whole rotation goes through, from two keys to two others. */
async function wholeRotation(world: CdnWorld, each: () => Promise<unknown>): Promise<void> {
  for (const seconds of [SETTINGS.maxAgeSeconds, 0, 0, 0, 4300, 0, 0, 0]) {
    world.pass(seconds);
    world.link(0, false);
    world.link(1, true);
    await each();
  }
}

describe('the first keys', () => {
  test('are one that signs and a spare, both in the key group', async () => {
    const world = await CdnWorld.opened();

    expect(states(world)).toEqual(['pair-1 signing', 'pair-2 joining']);
    expect(world.keyIds).toEqual(world.keyring.keys.map(({ keyId }) => keyId));
    expect(world.registered.size).toBe(2);
  });

  test('are completed by another call, wherever the first one broke off', async () => {
    for (let nth = 0; nth < 8; nth += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = new CdnWorld();

        const first = await world.makeFirst(crashing(nth, when)).catch((error: unknown) => error);
        await world.makeFirst();

        expect(first instanceof Crash).toBe(nth < 6);
        expect(world.keyring.keys.map(({ state }) => state)).toEqual(['signing', 'joining']);
        expect([world.registered.size, world.keyIds.length]).toEqual([2, 2]);
      }
    }
  });

  test('that are there stay as they are when they are asked for again', async () => {
    const world = await CdnWorld.opened();
    const before = world.keyring;

    const { version } = world;

    await world.makeFirst();

    expect([world.keyring, world.version]).toEqual([before, version]);
  });

  test('go with the CDN: the group and every public key, also keys in the group that no one knows', async () => {
    const world = await CdnWorld.opened();
    world.registered.set('stray', { keyId: 'KSTRAY', pem: 'pem' });
    world.keyIds = [...world.keyIds, 'KSTRAY'];

    const written = world.version;
    await removeAllKeys(world.deps(), 'group');
    await removeAllKeys(world.deps(), 'group');

    expect([world.groupMade, world.registered.size]).toEqual([false, 0]);
    expect(world.keyring.keys).toEqual([]);
    expect(world.version).toBe(written + 1);
  });

  test('go by the id of the group, and without a keyring that can be read', async () => {
    const world = await CdnWorld.opened();
    const deps = world.deps();
    const unavailable = new ServiceError('UNAVAILABLE', 'the secret is gone');
    const keyring = { ...deps.keyring, read: () => Promise.reject(unavailable) };
    const find = async () => undefined;

    await removeAllKeys(
      { ...deps, keyring, keyGroups: { ...deps.keyGroups, find } },
      'other',
      'group-id',
    );

    expect([world.groupMade, world.registered.size]).toEqual([false, 0]);
  });

  test('stay where the keyring can not be read for another reason, or was written meanwhile', async () => {
    const world = await CdnWorld.opened();
    const deps = world.deps();
    const broken = new ServiceError('INTERNAL', 'broken');
    const unread = { ...deps.keyring, read: () => Promise.reject(broken) };
    const overtaken = { ...deps.keyring, write: async () => undefined };

    await expect(removeAllKeys({ ...deps, keyring: unread }, 'group')).rejects.toBe(broken);
    expect(world.groupMade).toBe(true);
    await expect(removeAllKeys({ ...deps, keyring: overtaken }, 'group')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'somebody else writes the keyring at the same time; try again',
    });
  });
});

describe('a rotation', () => {
  test('goes from the old signer to the spare, and ends with a new spare', async () => {
    const world = await CdnWorld.opened();
    const taken: string[] = [];

    await wholeRotation(world, async () => taken.push(await step(world)));

    expect(taken).toEqual([
      'promote done',
      'make done',
      'register done',
      'join done',
      'leave done',
      'forget done',
      'wait waiting',
      'wait waiting',
    ]);
    expect(states(world)).toEqual(['pair-2 signing', 'pair-3 joining']);
    expect(world.keyIds).toEqual(world.keyring.keys.map(({ keyId }) => keyId));
    expect(world.registered.size).toBe(2);
  });

  test('comes to the same when every call dies at every single effect and is made again', async () => {
    for (let nth = 0; nth < 2; nth += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = await CdnWorld.opened();

        await wholeRotation(world, async () => {
          await rotateOnce(world.deps(crashing(nth, when))).catch((error: unknown) => {
            if (!(error instanceof Crash)) throw error;
          });
          await rotateOnce(world.deps());
        });

        expect(states(world)).toEqual(['pair-2 signing', expect.stringMatching(/joining$/)]);
        expect([world.registered.size, world.keyIds.length]).toEqual([2, 2]);
      }
    }
  });

  test('that runs twice at once is taken once', async () => {
    const world = await CdnWorld.opened();
    world.pass(SETTINGS.maxAgeSeconds);
    let other = '';
    const meanwhile: Hook = async (nth, when) => {
      if (nth === 0 && when === 'before') other = await step(world);
    };

    const first = await rotateOnce(world.deps(meanwhile));

    expect([first.outcome, other]).toEqual(['overtaken', 'promote done']);
    expect(states(world)).toEqual(['pair-1 leaving', 'pair-2 signing']);
  });

  test('waits until the spare has been in the group for the overlap, also when it is wanted now', async () => {
    const world = await CdnWorld.opened();
    world.pass(SETTINGS.overlapSeconds - 1);

    const early = await rotateOnce(world.deps(), true);
    world.pass(1);

    expect([early.outcome, early.step.dueAt]).toEqual(['waiting', world.now]);
    expect(await step(world)).toBe('wait waiting');
    expect(await step(world, true)).toBe('promote done');
  });

  test('is refused where the CDN does not serve what the spare signs, and the signer stays', async () => {
    const world = await CdnWorld.opened();
    world.pass(SETTINGS.maxAgeSeconds);
    world.canaryAnswer = 'status 403';

    const { outcome, reason } = await rotateOnce(world.deps());

    expect([outcome, reason]).toEqual(['refused', 'status 403']);
    expect(world.canaries).toEqual([world.keyring.keys[1]?.keyId]);
    expect(states(world)).toEqual(['pair-1 signing', 'pair-2 joining']);
  });

  test('keeps the old key in the group until its last link has expired, a process with an old keyring included', async () => {
    const world = await CdnWorld.opened();
    world.pass(SETTINGS.maxAgeSeconds);
    world.link(0, true);
    await step(world);
    const old = world.keyring.keys[0]?.keyId ?? '';
    world.pass(SETTINGS.staleSeconds);

    const signedBy = world.link(0, false);
    world.pass(SETTINGS.linkTtlSeconds);
    for (let calls = 0; calls < 4; calls += 1) await step(world);

    expect(signedBy).toBe(old);
    expect(world.keyIds).toContain(old);
  });
});

describe('what was meddled with', () => {
  test('a signer that somebody took out of the group comes back first of all', async () => {
    const world = await CdnWorld.opened();
    const [signer = '', spare = ''] = world.keyIds;
    world.keyIds = [spare];

    const next = nextStep(world.keyring, world.keyIds, world.now, SETTINGS);

    expect(next).toMatchObject({ kind: 'join', key: { keyId: signer } });
    expect(await step(world)).toBe('join done');
    expect(new Set(world.keyIds)).toEqual(new Set([signer, spare]));
  });

  test('a spare that was taken out of the group begins to wait again', async () => {
    const world = await CdnWorld.opened();
    const [signer = ''] = world.keyIds;
    world.pass(SETTINGS.maxAgeSeconds);
    world.keyIds = [signer];

    expect(await step(world)).toBe('join done');
    expect(await step(world)).toBe('wait waiting');
  });

  test('a spare that can not be read is replaced', async () => {
    const world = await CdnWorld.opened();
    const { keys, unreadable } = world.keyring;
    world.keyring = {
      keys: keys.map((key, at) => (at === 1 ? { ...key, privateKeyPem: 'torn' } : key)),
      unreadable,
    };

    const taken: string[] = [];
    for (let calls = 0; calls < 6; calls += 1) taken.push(await step(world));

    expect(taken).toEqual([
      'leave done',
      'forget done',
      'make done',
      'register done',
      'join done',
      'wait waiting',
    ]);
    expect(states(world)).toEqual(['pair-1 signing', 'pair-3 joining']);
    expect(world.registered.size).toBe(2);
  });

  test('a signer that can not be read gives way to the spare before its time', async () => {
    const world = await CdnWorld.opened();
    const { keys, unreadable } = world.keyring;
    world.keyring = {
      keys: keys.map((key, at) => (at === 0 ? { ...key, privateKeyPem: 'torn' } : key)),
      unreadable,
    };
    world.pass(SETTINGS.overlapSeconds);

    expect(world.link(0, true)).toBe(keys[1]?.keyId);
    expect(await step(world)).toBe('promote done');
    expect(signerOf(world.keyring)?.name).toBe('pair-2');
  });

  test('what this release can not read in the keyring is kept, and stops nothing', async () => {
    const world = await CdnWorld.opened();
    world.keyring = { ...world.keyring, unreadable: [{ state: 'resting', keyId: 'K9' }] };
    world.pass(SETTINGS.maxAgeSeconds);

    expect(await step(world)).toBe('promote done');
    expect(world.keyring.unreadable).toEqual([{ state: 'resting', keyId: 'K9' }]);
  });
});
