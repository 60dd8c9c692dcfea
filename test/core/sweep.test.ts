/**
 * The sweep finishes or removes what a lost publisher or a killed process left behind, and touches
 * nothing else.
 */
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ServiceError } from '../../core/errors.ts';
import { deletePackage, yankPackage } from '../../core/lifecycle/lifecycle.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { reportSweep } from '../../service/upkeep/upkeep-log.ts';
import { partRequests, publisher, ref, singleRequest, World } from './world.ts';

const TTL = 900;
const RETENTION = 604_800;
const nothing = {
  finished: 0,
  expired: 0,
  purged: 0,
  leftovers: 0,
  unlisted: [],
  failures: [],
  isWhole: true,
};

/** A store that does not list its uploads in parts. */
function unlisting(store: BlobStore): BlobStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'leftovers') {
        const refusal = new ServiceError('NOT_SUPPORTED', 'the store does not know this operation');
        return () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal) }) });
      }
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('the sweep of a store that does not list uploads', () => {
  test('goes by what the records know, and says which store it is', async () => {
    const world = new World(unlisting);
    await world.create('bytes', { method: 'multipart' });
    world.pass(RETENTION);

    const report = await sweep(world.deps, 0);

    expect(report).toMatchObject({ expired: 1, failures: [], isWhole: true });
    expect(report.unlisted).toMatchObject([{ store: 'memory', error: { code: 'NOT_SUPPORTED' } }]);
    expect(await world.leftovers()).toBe(0);
  });

  test('is reported once, and not by every sweep', async () => {
    const world = new World(unlisting);
    const lines: string[] = [];
    const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });

    for (let time = 1; time <= 3; time += 1) reportSweep(log, await sweep(world.deps, 0));

    expect(lines.filter((line) => line.includes('does not list uploads'))).toHaveLength(1);
    expect(lines).toHaveLength(1);
  });
});

describe('the sweep', () => {
  test('leaves an upload alone that is under way', async () => {
    const world = new World();
    const created = await world.create('bytes', { method: 'multipart' });
    await world.send(partRequests(created)[0] ?? singleRequest(created), 'bytes');

    expect(await sweep(world.deps, 0)).toEqual(nothing);
    world.pass(RETENTION - 1);
    expect(await sweep(world.deps, 0)).toEqual(nothing);
  });

  test('publishes for a publisher that was lost after its bytes had arrived', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    world.pass(TTL);

    expect(await sweep(world.deps, 0)).toEqual({ ...nothing, finished: 1 });

    expect(await world.stateNow()).toBe('available');
    expect(await sweep(world.deps, 0)).toEqual(nothing);
  });

  test('removes an upload that was idle for too long, parts and name', async () => {
    const world = new World();
    const created = await world.create('bytes', { method: 'multipart' });
    await world.send(partRequests(created)[0] ?? singleRequest(created), 'bytes');
    world.pass(RETENTION);

    expect(await sweep(world.deps, 0)).toEqual({ ...nothing, expired: 1 });

    expect(await world.stateNow()).toBeUndefined();
    expect(await world.leftovers()).toBe(0);
  });

  test('counts retention from the last touch', async () => {
    const world = new World();
    await world.create('bytes', { method: 'multipart' });
    world.pass(RETENTION - 10);
    await world.create('bytes', { method: 'multipart' });
    world.pass(20);

    expect(await sweep(world.deps, 0)).toEqual(nothing);
  });

  test.each(['pending', 'verifying'] as const)(
    'counts an upload (%s) whose last use is in the future as used now, and one retention later as any other',
    async (state) => {
      const world = new World();
      await world.create('bytes', { method: 'multipart' });
      const { attemptId } = (await world.catalog.getPackage(ref)) ?? {};
      const future = '2031-01-01T00:00:00.000Z';
      const expected = { attemptId: String(attemptId), states: ['pending'] } as const;
      await world.catalog.changePackage(ref, expected, { touchedAt: future, state });

      expect(await sweep(world.deps, 0)).toEqual(nothing);

      expect(await world.catalog.getPackage(ref)).toMatchObject({
        touchedAt: world.now.toISOString(),
        state,
      });
      world.pass(RETENTION);
      expect(await sweep(world.deps, 0)).toEqual({
        ...nothing,
        [state === 'pending' ? 'expired' : 'finished']: 1,
      });
    },
  );

  test('an upload whose last use is in the future counts as used now when its publisher asks again', async () => {
    const world = new World();
    await world.create('bytes', { method: 'multipart' });
    const { attemptId } = (await world.catalog.getPackage(ref)) ?? {};
    const expected = { attemptId: String(attemptId), states: ['pending'] } as const;
    await world.catalog.changePackage(ref, expected, { touchedAt: '2031-01-01T00:00:00.000Z' });

    await world.create('bytes', { method: 'multipart' });

    expect(await world.catalog.getPackage(ref)).toMatchObject({
      touchedAt: world.now.toISOString(),
    });
  });

  test('puts back into the queue what a killed process was verifying', async () => {
    const world = new World();
    const created = await world.create('bytes', { method: 'multipart' });
    await world.send(partRequests(created)[0] ?? singleRequest(created), 'bytes');
    await completeUpload(world.deps, ref);
    world.queue.length = 0;

    await sweep(world.deps, 0);
    await world.verifyAll();

    expect(await world.stateNow()).toBe('available');
  });

  test('removes parts that were begun and never entered', async () => {
    const world = new World();
    const other = new World();
    const { record } = await other.create('bytes', { method: 'multipart' });
    const terms = {
      size: 5,
      sha256: record.sha256,
      contentType: 'a/b',
      contentDisposition: 'attachment',
    };
    const plan = { partSize: 16, partCount: 1, partChecksums: false };
    await world.memory.beginMultipart(
      record.key,
      { ...terms, cacheControl: '', attemptId: 'lost' },
      plan,
    );

    expect(await sweep(world.deps, 60)).toEqual(nothing);
    world.pass(61);
    expect(await sweep(world.deps, 60)).toEqual({ ...nothing, leftovers: 1 });

    expect(await world.leftovers()).toBe(0);
  });

  test('removes bytes that a dead attempt sent late', async () => {
    const world = new World();
    const dead = await world.create('bytes');
    await abortUpload(world.deps, ref);
    await world.send(singleRequest(dead), 'bytes');

    expect(await sweep(world.deps, 0)).toEqual({ ...nothing, leftovers: 1 });

    expect(await world.memory.stat(dead.record.key)).toBeUndefined();
  });

  test('removes bytes that arrive for a deleted package', async () => {
    const world = new World();
    const created = await world.create('bytes');
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(world.deps, ref);
    await deletePackage(world.deps, ref);
    expect(await world.send(singleRequest(created), 'bytes')).toBe(200);

    expect(await sweep(world.deps, 0)).toEqual({ ...nothing, leftovers: 1 });

    expect(await world.memory.stat(created.record.key)).toBeUndefined();
    expect(await world.stateNow()).toBe('deleted');
  });

  test.each(['available', 'yanked'])(
    'never removes the bytes of a package that is %s',
    async (state) => {
      const world = new World();
      const created = await world.create('bytes');
      await world.send(singleRequest(created), 'bytes');
      // A process that was killed between publishing and settling leaves the note.
      const info = await world.memory.stat(created.record.key);
      const blob = { etag: info?.etag ?? '' };
      const pending = { attemptId: created.record.attemptId, states: ['pending'] } as const;
      await world.catalog.changePackage(ref, pending, { state: 'available', blob });
      if (state === 'yanked') await yankPackage(world.deps, publisher, ref, undefined);

      expect(await sweep(world.deps, 0)).toEqual({ ...nothing, leftovers: 1 });

      expect(await world.memory.stat(created.record.key)).toMatchObject({ size: 5 });
      expect(await world.leftovers()).toBe(0);
    },
  );

  test('finishes a delete that was cut off', async () => {
    const world = new World();
    const created = await world.create('bytes');
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(world.deps, ref);
    const available = { attemptId: created.record.attemptId, states: ['available'] } as const;
    await world.catalog.changePackage(ref, available, { state: 'deleted', purging: true });

    expect(await sweep(world.deps, 0)).toEqual({ ...nothing, purged: 1 });

    expect(await world.memory.stat(created.record.key)).toBeUndefined();
    expect(await sweep(world.deps, 0)).toEqual(nothing);
  });

  test('goes on past what fails, and says so', async () => {
    const world = new World();
    await world.create('bytes', { method: 'multipart' });
    world.pass(RETENTION);
    const catalog = withFailingRemove(world.catalog);

    const report = await sweep({ ...world.deps, catalog }, 0);

    expect(report).toMatchObject({ expired: 0, failures: [{ key: 'packages/1.0.0/tool.zip' }] });
  });
});

function withFailingRemove(catalog: World['catalog']): World['catalog'] {
  return new Proxy(catalog, {
    get(target, name) {
      if (name === 'removePackage') return () => Promise.reject(new Error('catalog is down'));
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
