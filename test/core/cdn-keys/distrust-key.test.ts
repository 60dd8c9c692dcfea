/** A key that may have leaked is given up. */
import { describe, expect, test } from '@jest/globals';
import { distrustKey } from '../../../core/cdn-keys/distrust-key.ts';
import { rotateOnce } from '../../../core/cdn-keys/rotate.ts';
import { CdnWorld, SETTINGS } from './cdn-world.ts';

async function takenBy(world: CdnWorld, calls: number): Promise<readonly string[]> {
  const taken: string[] = [];
  for (let call = 0; call < calls; call += 1) {
    const { step } = await rotateOnce(world.deps(), false);
    taken.push('key' in step ? `${step.kind} ${step.key.name}` : step.kind);
  }
  return taken;
}

describe('a key that is given up', () => {
  test.each(['pair-2', 'K-pair-2'])('by the name %s as a spare is replaced', async (name) => {
    const world = await CdnWorld.opened();

    await distrustKey(world.deps(), name);

    expect(await takenBy(world, 3)).toEqual(['leave pair-2', 'forget pair-2', 'make']);
  });

  test('after it signed leaves the group at once', async () => {
    const world = await CdnWorld.opened();
    world.pass(SETTINGS.maxAgeSeconds);
    await rotateOnce(world.deps(), false);

    await distrustKey(world.deps(), 'pair-1');

    expect(await takenBy(world, 2)).toEqual(['leave pair-1', 'forget pair-1']);
  });

  test('while it signs is refused, with what to do first', async () => {
    const world = await CdnWorld.opened();
    const before = world.keyring;

    await expect(distrustKey(world.deps(), 'pair-1')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'key pair-1 signs: let the spare sign first (stowage cdn-keys rotate)',
    });
    expect(world.keyring).toEqual(before);
  });

  test('by a name that is not there is refused, with the names that are', async () => {
    const world = await CdnWorld.opened();

    await expect(distrustKey(world.deps(), 'x'.repeat(200))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `the keyring holds no key "${'x'.repeat(128)}", but pair-1, pair-2`,
    });
  });

  test('while somebody else writes the keyring is refused, and asked for again', async () => {
    const world = await CdnWorld.opened();
    const deps = world.deps();
    const keyring = { ...deps.keyring, write: async () => undefined };

    await expect(distrustKey({ ...deps, keyring }, 'pair-2')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'somebody else moved the keys at the same time; try again',
    });
  });
});
