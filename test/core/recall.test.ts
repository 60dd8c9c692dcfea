/**
 * Yank, restore and delete if links issued earlier can be recalled: what can be read follows the
 * record, whatever fails on the way.
 */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import {
  deletePackage,
  type LifecycleDeps,
  restorePackage,
  yankPackage,
} from '../../core/lifecycle/lifecycle.ts';
import { deleteVersion, yankVersion } from '../../core/lifecycle/versions.ts';
import { parsePackageId, parsePackageKey } from '../../core/names.ts';
import type { Recall } from '../../core/ports/recall.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { END_OF_TIME, sweep } from '../../core/uploads/sweep.ts';
import { ref, singleRequest, World } from './world.ts';

const admin = { tokenId: 'root', scopes: ['admin'] } as const;
const failing = new ServiceError('UNAVAILABLE', 'the store is busy');

/** Remembers whether the bytes are withheld, and fails or waits where a test says so. */
class Recalled implements Recall {
  readonly store = 'memory';
  readonly done: string[] = [];
  before: (what: string) => Promise<void> = async () => {};

  withhold = (key: string, version?: { readonly etag: string }) =>
    this.#do('withhold', key, version?.etag);
  release = (key: string, version?: { readonly etag: string }) =>
    this.#do('release', key, version?.etag);
  forget = (key: string) => this.#do('forget', key);
  forgetVersion = (versionId: string) => this.#do('forgetVersion', versionId);

  async #do(what: string, key: string, etag?: string): Promise<void> {
    await this.before(what);
    this.done.push(etag === undefined ? `${what} ${key}` : `${what} ${key} ${etag}`);
  }
}

let world: World;
let recall: Recalled;
let deps: LifecycleDeps;
beforeEach(async () => {
  world = new World();
  recall = new Recalled();
  deps = { ...world.deps, recall };
  const created = await world.create('bytes');
  await world.send(singleRequest(created), 'bytes');
  await completeUpload(world.deps, created.record);
});

const KEY = 'packages/1.0.0/tool.zip';

/** What was done, without the ETag. */
function done(): readonly string[] {
  return recall.done.map((one) => one.split(' ')[0] ?? '');
}

function once(what: string, act: () => Promise<void>): void {
  let isOver = false;
  recall.before = async (now) => {
    if (isOver || now !== what) return;
    isOver = true;
    await act();
  };
}

describe('a yank', () => {
  test('withholds the version that was published before copies are forgotten: an edge that has dropped its copy asks the store again', async () => {
    const { blob } = await yankPackage(deps, admin, ref, undefined);

    expect(recall.done).toEqual([`withhold ${KEY} ${blob?.etag}`, `forget ${KEY}`]);
  });

  test('whose recall failed is made up for by another', async () => {
    once('withhold', () => Promise.reject(failing));

    await expect(yankPackage(deps, admin, ref, 'broken')).rejects.toBe(failing);
    const state = await world.stateNow();
    const yanked = await yankPackage(deps, admin, ref, 'broken');

    expect([state, yanked.yankReason, done()]).toEqual([
      'yanked',
      'broken',
      ['withhold', 'forget'],
    ]);
  });

  test('that a restore overtakes ends as the restore wants it', async () => {
    once('withhold', async () => void (await restorePackage(deps, ref)));

    await yankPackage(deps, admin, ref, undefined);

    expect(await world.stateNow()).toBe('available');
    expect(done()).toEqual(['release', 'withhold', 'forget', 'release']);
  });

  test('that a delete overtakes leaves nothing behind', async () => {
    once('withhold', async () => void (await deletePackage(deps, ref)));

    expect((await yankPackage(deps, admin, ref, undefined)).state).toBe('deleted');
    expect(done()).toEqual(['forget', 'withhold', 'forget']);
  });

  test('against which somebody restores without end gives up', async () => {
    recall.before = async (what) => {
      if (what === 'forget') return;
      const attemptId = (await world.catalog.getPackage(ref))?.attemptId ?? '';
      const expected = { attemptId, states: ['available', 'yanked'] } as const;
      await world.catalog.changePackage(ref, expected, {
        state: what === 'withhold' ? 'available' : 'yanked',
      });
    };

    await expect(yankPackage(deps, admin, ref, undefined)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('of a package that is stored elsewhere recalls nothing', async () => {
    const attemptId = (await world.catalog.getPackage(ref))?.attemptId ?? '';
    await world.catalog.changePackage(
      ref,
      { attemptId, states: ['available'] },
      { store: 'local' },
    );

    await yankPackage(deps, admin, ref, undefined);

    expect(recall.done).toEqual([]);
  });
});

const hasTime = () => true;

/** Three packages, with the first one. */
async function publishMore(): Promise<void> {
  for (const packageId of ['b', 'c'].map(parsePackageId)) {
    const created = await world.create('bytes', { packageId });
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(world.deps, created.record);
  }
}

describe('a yank of a whole version', () => {
  const yankAll = (time = hasTime) => yankVersion(deps, admin, ref.versionId, undefined, time);

  beforeEach(publishMore);

  test('withholds each package, and makes copies forgotten once', async () => {
    expect(await yankAll()).toEqual({ changed: 3, isWhole: true });

    expect(done()).toEqual(['withhold', 'withhold', 'withhold', 'forgetVersion']);
    expect(recall.done.at(-1)).toBe(`forgetVersion ${ref.versionId}`);
  });

  test('whose copies could not be forgotten is made up for by another, which finds nothing to yank', async () => {
    once('forgetVersion', () => Promise.reject(failing));

    await expect(yankAll()).rejects.toBe(failing);
    expect(await yankAll()).toEqual({ changed: 0, isWhole: true });

    expect(done()).toEqual(['withhold', 'withhold', 'withhold', 'forgetVersion']);
  });

  test('that fails halfway makes copies forgotten of what it has yanked', async () => {
    recall.before = async (what) => {
      if (what === 'withhold' && recall.done.length === 1) throw failing;
    };

    await expect(yankAll()).rejects.toBe(failing);

    expect(done()).toEqual(['withhold', 'forgetVersion']);
  });

  test('for which time runs out makes copies forgotten once in each call', async () => {
    let calls = 0;
    const forTwo = () => ++calls <= 2;

    const first = await yankAll(forTwo);
    const second = await yankAll();

    expect([first, second]).toEqual([
      { changed: 2, isWhole: false },
      { changed: 1, isWhole: true },
    ]);
    expect(done().filter((one) => one !== 'withhold')).toEqual(['forgetVersion', 'forgetVersion']);
  });
});

describe('a delete of a whole version', () => {
  const deleteAll = (time = hasTime) => deleteVersion(deps, ref.versionId, time);

  beforeEach(publishMore);

  async function purging(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { packageId } of world.catalog.unfinished(END_OF_TIME)) names.push(packageId);
    return names;
  }

  test('removes each package, yanked ones too, and makes copies forgotten once, when the bytes are gone', async () => {
    await yankPackage(deps, admin, ref, undefined);
    recall.done.length = 0;
    recall.before = async () =>
      expect(await world.memory.stat(parsePackageKey(KEY).key)).toBeUndefined();

    expect(await deleteAll()).toEqual({ changed: 3, isWhole: true });

    expect(recall.done).toEqual([`forgetVersion ${ref.versionId}`]);
    expect([await world.stateNow(), await purging()]).toEqual(['deleted', []]);
    expect(await deleteAll()).toEqual({ changed: 0, isWhole: true });
    expect(recall.done).toHaveLength(1);
  });

  test('whose copies could not be forgotten is finished by the sweep', async () => {
    once('forgetVersion', () => Promise.reject(failing));

    await expect(deleteAll()).rejects.toBe(failing);
    const report = await sweep({ ...world.deps, recall }, 0);

    expect([report.purged, await purging()]).toEqual([3, []]);
    expect(done()).toEqual(['forget', 'forget', 'forget']);
  });

  test('for which time runs out goes on with the next call', async () => {
    let calls = 0;

    expect(await deleteAll(() => ++calls <= 2)).toEqual({ changed: 2, isWhole: false });
    expect(await purging()).toEqual([]);
    expect(await deleteAll()).toEqual({ changed: 1, isWhole: true });
    expect(done()).toEqual(['forgetVersion', 'forgetVersion']);
  });

  test('leaves uploads that are under way', async () => {
    await world.create('bytes', { packageId: parsePackageId('new') });

    expect(await deleteAll()).toEqual({ changed: 3, isWhole: true });
    expect(await purging()).toEqual(['new']);
  });
});

describe('a restore', () => {
  test('releases what the yank withheld', async () => {
    await yankPackage(deps, admin, ref, undefined);
    await restorePackage(deps, ref);

    expect(done()).toEqual(['withhold', 'forget', 'release']);
  });

  test('whose release failed is made up for by another', async () => {
    await yankPackage(deps, admin, ref, undefined);
    once('release', () => Promise.reject(failing));

    await expect(restorePackage(deps, ref)).rejects.toBe(failing);
    await restorePackage(deps, ref);

    expect([await world.stateNow(), done()]).toEqual([
      'available',
      ['withhold', 'forget', 'release'],
    ]);
  });
});

describe('a delete', () => {
  test('makes copies forgotten when the bytes are gone', async () => {
    recall.before = async () =>
      expect(await world.memory.stat(parsePackageKey(KEY).key)).toBeUndefined();

    await deletePackage(deps, ref);

    expect(recall.done).toEqual([`forget ${KEY}`]);
  });

  test('whose copies could not be forgotten is finished by the sweep', async () => {
    once('forget', () => Promise.reject(failing));

    await expect(deletePackage(deps, ref)).rejects.toBe(failing);
    const report = await sweep({ ...world.deps, recall }, 0);

    expect([report.purged, done()]).toEqual([1, ['forget']]);
    expect((await world.catalog.getPackage(ref))?.purging).toBeUndefined();
  });
});
