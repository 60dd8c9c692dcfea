/** Drafts against everything that others do to the same version at the same moment. */
import { describe, expect, test } from '@jest/globals';
import { putVersion } from '../../core/lifecycle/versions.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { ref, singleRequest, World } from './world.ts';

const { versionId } = ref;

/** The catalog of a world, in which `work` happens before the first call of `method`. */
function interrupted(
  world: World,
  method: 'changePackage' | 'createVersion' | 'changeVersion',
  work: () => Promise<unknown>,
): Catalog {
  let isFirst = true;
  return new Proxy<Catalog>(world.catalog, {
    get: (catalog, name) => {
      const own = Reflect.get(catalog, name);
      if (typeof own !== 'function') return own;
      return async (...words: unknown[]) => {
        if (name === method && isFirst) {
          isFirst = false;
          await work();
        }
        return Reflect.apply(own, catalog, words);
      };
    },
  });
}

async function withUpload(): Promise<World> {
  const world = new World();
  await world.send(singleRequest(await world.create('bytes')), 'bytes');
  return world;
}

describe('a version that becomes a draft', () => {
  test('stays released where its upload is published at that moment', async () => {
    const world = await withUpload();
    // By a publisher that had read the version before it became a draft.
    const catalog = interrupted(world, 'changePackage', async () => {
      const { attemptId } = (await world.catalog.getPackage(ref)) ?? { attemptId: '' };
      const expected = { attemptId, states: ['pending'] } as const;
      await world.catalog.changePackage(ref, expected, { state: 'available' });
    });

    await expect(
      putVersion({ ...world.deps, catalog }, versionId, { draft: true }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
      message: "version 1.0.0 can't become a draft: tool was published in it",
    });

    expect((await world.catalog.getVersion(versionId))?.draft).toBeUndefined();
    expect((await world.catalog.getPackage(ref))?.draft).toBeUndefined();
  });

  test('is one where its upload is given up at that moment', async () => {
    const world = await withUpload();
    const catalog = interrupted(world, 'changePackage', () => abortUpload(world.deps, ref));

    expect(await putVersion({ ...world.deps, catalog }, versionId, { draft: true })).toMatchObject({
      draft: true,
    });
  });

  test('is one where another request marks its upload first', async () => {
    const world = await withUpload();
    const catalog = interrupted(world, 'changePackage', () =>
      putVersion(world.deps, versionId, { draft: true }),
    );

    expect(await putVersion({ ...world.deps, catalog }, versionId, { draft: true })).toMatchObject({
      draft: true,
    });
    expect((await world.catalog.getPackage(ref))?.draft).toBe(true);
  });
});

test('a version that two make at the same moment has what both wanted', async () => {
  const world = new World();
  const catalog = interrupted(world, 'createVersion', () =>
    putVersion(world.deps, versionId, { notes: 'of one' }),
  );

  await putVersion({ ...world.deps, catalog }, versionId, { minVersion: '0.9' });

  expect(await world.catalog.getVersion(versionId)).toMatchObject({
    notes: 'of one',
    minVersion: '0.9',
  });
});

test('a version that others change without end is given up, and stays as they want it', async () => {
  const world = new World();
  await putVersion(world.deps, versionId, { notes: 'theirs' });
  let tries = 0;
  const catalog = new Proxy<Catalog>(world.catalog, {
    get: (own, name) => {
      const method = Reflect.get(own, name);
      if (name !== 'changeVersion') return typeof method === 'function' ? method.bind(own) : method;
      return async () => {
        tries += 1;
        return undefined;
      };
    },
  });

  await expect(
    putVersion({ ...world.deps, catalog }, versionId, { notes: 'mine' }),
  ).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'version 1.0.0 is changed by others just now; try again',
  });

  expect(tries).toBe(5);
  expect((await world.catalog.getVersion(versionId))?.notes).toBe('theirs');
});
