/**
 * Rolling back records and removing old copies. A package never loses both its record and its copy,
 * whatever runs at the same time and whatever fails.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ServiceError } from '../../../core/errors.ts';
import { type RemoveSourcesOptions, removeSources } from '../../../core/migrate/remove-sources.ts';
import { turnBack } from '../../../core/migrate/turn-back.ts';
import type { BlobStore } from '../../../core/ports/blob-store.ts';
import type { Catalog } from '../../../core/ports/catalog.ts';
import type { PackageRecord } from '../../../core/records.ts';
import {
  collect,
  linesOf,
  MovingWorld,
  textIn,
  withContentEtags,
  withVerbs,
} from './moving-world.ts';

const GRACE_SECONDS = 360;
const LEASE_SECONDS = 300;

class MovedWorld extends MovingWorld {
  static async with(...files: readonly string[]): Promise<MovedWorld> {
    const world = new MovedWorld();
    for (const file of files) await world.publish(file, `bytes of ${file}`);
    await world.move();
    return world;
  }

  turnBack(over = {}, options = {}) {
    return collect(turnBack(this.moving(over), { concurrency: 2, ...options }));
  }

  remove(over = {}, options: Partial<RemoveSourcesOptions> = {}) {
    return collect(
      removeSources(this.moving(over), { concurrency: 2, graceSeconds: GRACE_SECONDS, ...options }),
    );
  }

  async record(file = 'tool.zip'): Promise<PackageRecord> {
    const [packageId = ''] = file.split('.');
    const { items } = await this.catalog.listPackages(
      '1.0.0' as PackageRecord['versionId'],
      ['available', 'yanked'],
      {
        limit: 100,
      },
    );
    const found = items.find((one) => one.packageId === packageId);
    if (found === undefined) throw new Error(`${file} was never published`);
    return found;
  }
}

describe('a record', () => {
  test('is turned back to the copy that was left behind, and forward again', async () => {
    const world = await MovedWorld.with('tool.zip');

    expect(linesOf(await world.turnBack())).toEqual(['1.0.0/tool.zip turned']);
    expect(await world.record()).toMatchObject({ store: 'memory', movedFrom: { store: 'other' } });

    expect(await world.move()).toMatchObject([{ outcome: 'moved', sentBytes: 0 }]);
    expect(await world.record()).toMatchObject({ store: 'other', movedFrom: { store: 'memory' } });
  });

  test('that was never moved is not turned back', async () => {
    const world = new MovedWorld();
    await world.publish('tool.zip', 'the bytes');

    expect(await world.turnBack()).toEqual([]);
  });

  test('stays where the copy is gone, or another one by now', async () => {
    const world = await MovedWorld.with('gone.zip', 'other.zip');
    const [gone, other] = [await world.record('gone.zip'), await world.record('other.zip')];
    await world.memory.delete(gone.key, gone.movedFrom?.blob ?? { etag: '' });
    world.memory.plant(other.key, Buffer.from('something else'));

    expect(linesOf(await world.turnBack())).toEqual([
      '1.0.0/gone.zip missing',
      '1.0.0/other.zip missing',
    ]);
    expect((await world.record('gone.zip')).store).toBe('other');
  });

  test('that was not chosen stays, and a dry run turns none', async () => {
    const world = await MovedWorld.with('tool.zip');

    expect(linesOf(await world.turnBack({}, { dryRun: true }))).toEqual(['1.0.0/tool.zip planned']);
    expect(await world.turnBack({}, { exclude: ['1.*'] })).toEqual([]);
    expect((await world.record()).store).toBe('other');
  });
});

describe('a copy that was left behind', () => {
  test('is kept while links to it may live, and removed after that', async () => {
    const world = await MovedWorld.with('tool.zip');

    const early = await world.remove();
    world.pass(GRACE_SECONDS);
    const late = await world.remove();

    expect(early).toMatchObject([
      { outcome: 'kept', detail: expect.stringContaining('2026-01-02T03:10:05.000Z') },
    ]);
    expect(linesOf(late)).toEqual(['1.0.0/tool.zip removed']);
    const record = await world.record();
    expect(record.movedFrom).toBeUndefined();
    expect(await textIn(world.memory, record)).toBeUndefined();
    expect(await textIn(world.other, record)).toBe('bytes of tool.zip');
  });

  test.each<readonly [string, Partial<BlobStore>]>([
    ['has nothing', { stat: async () => undefined }],
    [
      'holds other bytes',
      { stat: async (key) => ({ key, size: 17, etag: '"other"', lastModified: new Date(0) }) },
    ],
  ])('stays where the target %s', async (_, verbs) => {
    const world = await MovedWorld.with('tool.zip');
    world.pass(GRACE_SECONDS);

    const outcomes = await world.remove({
      to: { place: 'other', store: withVerbs(world.other, verbs) },
    });

    expect(linesOf(outcomes)).toEqual(['1.0.0/tool.zip corrupt']);
    expect(await textIn(world.memory, await world.record())).toBe('bytes of tool.zip');
  });

  test('stays where the target gives other bytes than its record says, which is seen where every byte is read', async () => {
    const world = await MovedWorld.with('tool.zip');
    world.pass(GRACE_SECONDS);
    const { Readable } = await import('node:stream');
    const rotten = withVerbs(world.other, {
      get: async () => Readable.from([Buffer.from('bytes of tool.zap')]),
    });

    const outcomes = await world.remove({
      to: { place: 'other', store: rotten },
      verifyFull: true,
    });

    expect(linesOf(outcomes)).toEqual(['1.0.0/tool.zip corrupt']);
    expect(await textIn(world.memory, await world.record())).toBe('bytes of tool.zip');
  });

  test('that somebody wrote over is left alone', async () => {
    const world = await MovedWorld.with('tool.zip');
    const record = await world.record();
    world.memory.plant(record.key, Buffer.from('something else'));
    world.pass(GRACE_SECONDS);

    expect(linesOf(await world.remove())).toEqual(['1.0.0/tool.zip changed']);
    expect(await textIn(world.memory, record)).toBe('something else');
  });

  test('that a removal has begun with is never turned back to or moved onto, and the next removal ends it', async () => {
    const world = await MovedWorld.with('tool.zip');
    world.pass(GRACE_SECONDS);
    const broken = withVerbs(world.memory, {
      delete: () => Promise.reject(new ServiceError('UNAVAILABLE', 'the store broke off')),
    });

    const first = await world.remove({ from: { place: 'memory', store: broken } });
    const back = await world.turnBack();
    const swapped = {
      from: { place: 'other', store: world.other },
      to: { place: 'memory', store: world.memory },
    };
    const moved = await world.move(swapped);
    const soon = await world.remove();
    world.pass(LEASE_SECONDS);
    const late = await world.remove();

    expect(linesOf(first)).toEqual(['1.0.0/tool.zip failed']);
    expect(linesOf(back)).toEqual(['1.0.0/tool.zip missing']);
    expect(linesOf(moved)).toEqual(['1.0.0/tool.zip changed']);
    expect(linesOf(soon)).toEqual(['1.0.0/tool.zip kept']);
    expect(linesOf(late)).toEqual(['1.0.0/tool.zip removed']);
    expect(await world.move(swapped)).toMatchObject([{ outcome: 'moved', sentBytes: 17 }]);
  });
});

describe('changes at the same time', () => {
  /** Some stores are so: the same bytes have the same ETag, no matter who wrote them and when. */
  const forgetful = (world: MovingWorld) => ({
    from: { place: 'memory', store: withContentEtags(world.memory) },
    to: { place: 'other', store: withContentEtags(world.other) },
  });

  test('no record ever names a copy that is gone', async () => {
    const actor = fc.constantFrom('turn back', 'remove', 'move back', 'move', 'remove later');
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(actor, { minLength: 2, maxLength: 4 }),
        fc.nat({ max: 30 }),
        async (scheduler, actors, effects) => {
          const world = new MovedWorld();
          await world.publish('tool.zip', 'the bytes');
          await world.move(forgetful(world));
          let left = effects;
          /** Every step waits for its turn; after so many the machine of the first actor is gone. */
          const stepping = (store: BlobStore, mortal: boolean): BlobStore =>
            withVerbs(store, {
              stat: step(scheduler, mortal, store.stat.bind(store)),
              put: step(scheduler, mortal, store.put.bind(store)),
              delete: step(scheduler, mortal, store.delete.bind(store)),
            });
          function step<Args extends unknown[], Result>(
            s: fc.Scheduler,
            mortal: boolean,
            work: (...args: Args) => Promise<Result>,
          ): (...args: Args) => Promise<Result> {
            return async (...args) => {
              if (mortal && left-- <= 0) throw new ServiceError('UNAVAILABLE', 'gone');
              await s.schedule(Promise.resolve());
              return work(...args);
            };
          }
          const running = actors.map((name, index) => {
            const mortal = index === 0;
            const { from, to } = forgetful(world);
            const catalog: Pick<
              Catalog,
              'getPackage' | 'listVersions' | 'listPackages' | 'changePackage'
            > = {
              getPackage: step(scheduler, mortal, world.catalog.getPackage.bind(world.catalog)),
              listVersions: world.catalog.listVersions.bind(world.catalog),
              listPackages: step(scheduler, mortal, world.catalog.listPackages.bind(world.catalog)),
              changePackage: step(
                scheduler,
                mortal,
                world.catalog.changePackage.bind(world.catalog),
              ),
            };
            const sides = {
              from: { ...from, store: stepping(from.store, mortal) },
              to: { ...to, store: stepping(to.store, mortal) },
              catalog,
            };
            const swapped = { from: sides.to, to: sides.from, catalog };
            if (name === 'turn back') return world.turnBack(sides);
            if (name === 'move back') return world.move(swapped);
            if (name === 'move') return world.move(sides);
            return world.remove(sides, { graceSeconds: name === 'remove' ? 0 : GRACE_SECONDS });
          });
          // What dies, dies; the others are looked at.
          const ends = Promise.allSettled(running);
          await scheduler.waitFor(ends);
          const record = await world.record();
          const store = record.store === 'memory' ? world.memory : world.other;
          expect(await textIn(store, record)).toBe('the bytes');
        },
      ),
      { numRuns: 400 },
    );
  });
});
