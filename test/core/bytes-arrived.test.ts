/**
 * Events about new bytes in the store. Repeated, late, reordered or foreign events all end in what is
 * right for the bytes that are stored now.
 */
import { describe, expect, test } from '@jest/globals';
import { deletePackage, yankPackage } from '../../core/lifecycle/lifecycle.ts';
import { parsePackageKey } from '../../core/names.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { bytesArrived } from '../../core/uploads/bytes-arrived.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { partRequests, publisher, ref, singleRequest, World, withoutEvidence } from './world.ts';

const KEY = 'packages/1.0.0/tool.zip';

/** Bytes that a request of `attemptId` has sent. */
function lay(world: World, attemptId: string, key = KEY): void {
  const terms = {
    size: 5,
    sha256: sha256Of('bytes'),
    contentType: 'application/zip',
    contentDisposition: 'attachment',
  };
  world.memory.store(parsePackageKey(key).key, Buffer.from('bytes'), {
    ...terms,
    cacheControl: '',
    attemptId,
  });
}

describe('bytes that arrive', () => {
  test('finish the upload without its publisher, once, however often the event comes', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');

    expect(await bytesArrived(world.deps, KEY)).toBe('finished');
    const published = await world.catalog.getPackage(ref);
    world.pass(60);

    expect(await bytesArrived(world.deps, KEY)).toBe('finished');
    expect(published?.state).toBe('available');
    expect(await world.catalog.getPackage(ref)).toEqual(published);
  });

  test('that the store can not prove are verified', async () => {
    const world = new World(withoutEvidence);
    await world.send(singleRequest(await world.create('bytes')), 'bytes');

    expect(await bytesArrived(world.deps, KEY)).toBe('finished');
    expect(await bytesArrived(world.deps, KEY)).toBe('waits');

    expect(world.queue).toHaveLength(1);
    await world.verifyAll();
    expect(await world.stateNow()).toBe('available');
  });

  test('change nothing if the event comes before them', async () => {
    const world = new World();
    const { record } = await world.create('bytes');

    expect(await bytesArrived(world.deps, KEY)).toBe('waits');

    expect(await world.catalog.getPackage(ref)).toEqual(record);
  });

  test('of a multipart upload are left to the verification that joined them', async () => {
    const world = new World();
    const created = await world.create('bytes', { method: 'multipart' });
    const [part] = partRequests(created);
    await world.send(part ?? singleRequest(created), 'bytes');

    expect(await bytesArrived(world.deps, KEY)).toBe('waits');
    expect(await world.stateNow()).toBe('pending');
  });

  test('of an attempt that was given up are removed', async () => {
    const world = new World();
    const created = await world.create('bytes');
    await abortUpload(world.deps, ref);
    await world.send(singleRequest(created), 'bytes');

    expect(await bytesArrived(world.deps, KEY)).toBe('removed');
    expect(await bytesArrived(world.deps, KEY)).toBe('waits');

    expect(await world.memory.stat(created.record.key)).toBeUndefined();
  });

  test('for a deleted package are removed', async () => {
    const world = new World();
    const created = await world.create('bytes');
    await world.send(singleRequest(created), 'bytes');
    await bytesArrived(world.deps, KEY);
    await deletePackage(world.deps, ref);
    await world.send(singleRequest(created), 'bytes');

    expect(await bytesArrived(world.deps, KEY)).toBe('removed');

    expect(await world.memory.stat(created.record.key)).toBeUndefined();
    expect(await world.stateNow()).toBe('deleted');
  });

  test('of a dead attempt are removed where the name has another ext by now', async () => {
    const world = new World();
    await world.create('bytes');
    lay(world, 'dead', 'packages/1.0.0/tool.tar.gz');

    expect(await bytesArrived(world.deps, 'packages/1.0.0/tool.tar.gz')).toBe('removed');
    expect(await world.stateNow()).toBe('pending');
  });

  test('that no upload sent stay', async () => {
    const world = new World();
    world.memory.plant(parsePackageKey(KEY).key, Buffer.from('mine'));

    expect(await bytesArrived(world.deps, KEY)).toBe('foreign');

    expect(await world.memory.stat(parsePackageKey(KEY).key)).toBeDefined();
  });

  test('leave a yanked package yanked', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    await bytesArrived(world.deps, KEY);
    await yankPackage(world.deps, publisher, ref, undefined);

    expect(await bytesArrived(world.deps, KEY)).toBe('finished');
    expect(await world.stateNow()).toBe('yanked');
  });

  test.each([
    'packages',
    'packages/1.0.0/tool',
    'canary/cdn-key.txt',
    'packages/1.0.0/a/b.zip',
    'packages/1%2E0/tool.zip',
    '',
  ])('under a key that no package can have are refused: %j', async (key) => {
    const world = new World();

    await expect(bytesArrived(world.deps, key)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
