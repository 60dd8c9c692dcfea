/** A deleted package whose bytes the store must keep for a time: the caller learns it, the sweep waits silently. */
import { expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import { deletePackage } from '../../core/lifecycle/lifecycle.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { ref, singleRequest, World } from './world.ts';

test('a delete that the store must not do yet is RETAINED, and is done by the sweep when it may', async () => {
  let isRetained = true;
  const world = new World(
    (store) =>
      new Proxy(store, {
        get(target, name: keyof BlobStore) {
          if (name === 'delete' && isRetained) {
            return () =>
              Promise.reject(new ServiceError('RETAINED', 'the store keeps it until 2027'));
          }
          const value = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
  );
  const { record } = await world.create('bytes').then(async (created) => {
    await world.send(singleRequest(created), 'bytes');
    return created;
  });
  await completeUpload(world.deps, ref);

  await expect(deletePackage(world.deps, ref)).rejects.toMatchObject({ code: 'RETAINED' });
  expect(await world.catalog.getPackage(ref)).toMatchObject({ state: 'deleted', purging: true });
  expect(await sweep(world.deps, 0)).toMatchObject({ purged: 0, failures: [] });

  isRetained = false;
  expect(await sweep(world.deps, 0)).toMatchObject({ purged: 1, failures: [] });
  expect(await world.memory.stat(record.key)).toBeUndefined();
});
