/**
 * Migrating packages of a running service: copies are proven before a record is turned, runs resume,
 * and changes that others make meanwhile are kept.
 */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import { deletePackage, yankPackage } from '../../../core/lifecycle/lifecycle.ts';
import { migratePackages } from '../../../core/migrate/migrate-packages.ts';
import { termsOf } from '../../../core/proof/proof.ts';
import { findAvailable, signLink } from '../../../core/reading/links.ts';
import { publisher } from '../world.ts';
import { collect, linesOf, MovingWorld, textIn, withVerbs } from './moving-world.ts';

const MIB = 1024 * 1024;
const broken = () => new ServiceError('UNAVAILABLE', 'the store broke off');

describe('a package', () => {
  test('is in the target, proven, when its record names it, and is handed out from there', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');

    const outcomes = await world.move();

    const now = await findAvailable(world.catalog, record.versionId, 'tool.zip');
    expect(outcomes).toEqual([
      {
        key: record.key,
        outcome: 'moved',
        size: 9,
        sha256: record.sha256,
        sentBytes: 9,
        ms: expect.any(Number),
      },
    ]);
    expect(now).toEqual({
      ...record,
      store: 'other',
      touchedAt: expect.any(String),
      blob: { etag: (await world.other.stat(record.key))?.etag },
      movedFrom: { store: 'memory', blob: record.blob, movedAt: world.now.toISOString() },
    });
    expect(await world.send(await signLink(world.turned(), now), '', world.other)).toBe(200);
    expect(await textIn(world.memory, record)).toBe('the bytes');
  });

  test('that was moved is not looked at again', async () => {
    const world = new MovingWorld();
    await world.publish('tool.zip', 'the bytes');
    await world.move();

    expect(await world.move()).toEqual([]);
  });

  test('whose source is not what was published is never copied, and the rest goes on', async () => {
    const world = new MovingWorld();
    const good = await world.publish('good.zip', 'good bytes');
    const bad = await world.publish('bad.zip', 'true bytes');
    world.memory.plant(bad.key, Buffer.from('true bytez'));

    const outcomes = await world.move();

    expect(linesOf(outcomes)).toEqual(['1.0.0/bad.zip corrupt', '1.0.0/good.zip moved']);
    expect(await world.other.stat(bad.key)).toBeUndefined();
    expect(await textIn(world.other, good)).toBe('good bytes');
    expect((await world.catalog.getPackage(bad))?.store).toBe('memory');
  });

  test('that is in neither store is reported', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');
    await world.memory.delete(record.key, record.blob ?? { etag: '' });

    expect(linesOf(await world.move())).toEqual(['1.0.0/tool.zip missing']);
  });

  test('is not moved over bytes of somebody else', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');
    world.other.plant(record.key, Buffer.from('not ours'));

    expect(linesOf(await world.move())).toEqual(['1.0.0/tool.zip occupied']);
    expect(await textIn(world.other, record)).toBe('not ours');
  });

  test('whose copy is there already is not sent again', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');
    await world.other.put(record.key, Readable.from([Buffer.from('the bytes')]), termsOf(record));

    expect(await world.move()).toMatchObject([{ outcome: 'moved', sentBytes: 0 }]);
  });

  test('whose target gives back other bytes than it took is found out where every byte is read back', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');
    const forgetful = withVerbs(world.other, {
      get: async () => Readable.from([Buffer.from('the bytez')]),
    });

    const outcomes = await world.move({
      to: { place: 'other', store: forgetful },
      verifyFull: true,
    });

    expect(linesOf(outcomes)).toEqual(['1.0.0/tool.zip occupied']);
    expect(await world.other.stat(record.key)).toBeUndefined();
    expect((await world.catalog.getPackage(record))?.store).toBe('memory');
  });

  test('of a version that was not chosen stays, and a dry run moves none', async () => {
    const world = new MovingWorld();
    await world.publish('tool.zip', 'one', '1.0.0');
    await world.publish('tool.zip', 'two', '2.0.0');
    await world.publish('tool.zip', 'three', '2.1.0');
    const filter = { include: ['2.*'], exclude: ['*.1.0'] };

    expect(linesOf(await world.move({}, { ...filter, dryRun: true }))).toEqual([
      '2.0.0/tool.zip planned',
    ]);
    expect(linesOf(await world.move({}, filter))).toEqual(['2.0.0/tool.zip moved']);
  });
});

describe('meanwhile', () => {
  test('what is published while it runs is picked up', async () => {
    const world = new MovingWorld();
    await world.publish('early.zip', 'early');
    const late = withVerbs(world.other, {
      put: async (...args) => {
        if (args[0].includes('early')) await world.publish('late.zip', 'late', '2.0.0');
        return world.other.put(...args);
      },
    });

    expect(linesOf(await world.move({ to: { place: 'other', store: late } }))).toEqual([
      '1.0.0/early.zip moved',
      '2.0.0/late.zip moved',
    ]);
  });

  test.each(['yanked', 'deleted'] as const)(
    'what is %s while it is copied is so afterwards',
    async (state) => {
      const world = new MovingWorld();
      const record = await world.publish('tool.zip', 'the bytes');
      const slow = withVerbs(world.other, {
        put: async (...args) => {
          const info = await world.other.put(...args);
          if (state === 'yanked') await yankPackage(world.turned(), publisher, record, 'no good');
          else await deletePackage(world.turned(), record);
          return info;
        },
      });

      const outcomes = await world.move({ to: { place: 'other', store: slow } });

      expect(linesOf(outcomes)).toEqual([
        `1.0.0/tool.zip ${state === 'yanked' ? 'moved' : 'gone'}`,
      ]);
      expect((await world.catalog.getPackage(record))?.state).toBe(state);
      expect(await textIn(world.other, record)).toBe(state === 'yanked' ? 'the bytes' : undefined);
    },
  );

  test('two migrations at once move each package once', async () => {
    const world = new MovingWorld();
    for (let n = 0; n < 20; n++) await world.publish(`tool${n}.zip`, `bytes ${n}`);

    const both = (await Promise.all([world.move(), world.move()])).flat();

    expect(both.filter(({ outcome }) => outcome === 'moved')).toHaveLength(20);
    expect(both.filter(({ outcome }) => outcome !== 'moved' && outcome !== 'there')).toEqual([]);
  });

  test('a source that shrinks while it is read is not copied', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');
    const shrunk = withVerbs(world.memory, { readInto: async (_key, into) => into.write('the') });

    expect(linesOf(await world.move({ from: { place: 'memory', store: shrunk } }))).toEqual([
      '1.0.0/tool.zip changed',
    ]);
    expect(await world.other.stat(record.key)).toBeUndefined();
  });

  test('a source that is another file by the time it is read is not copied', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');
    const replaced = withVerbs(world.memory, {
      readInto: async (...args) => {
        world.memory.plant(record.key, Buffer.from('the bytez'));
        return world.memory.readInto(...args);
      },
    });

    expect(linesOf(await world.move({ from: { place: 'memory', store: replaced } }))).toEqual([
      '1.0.0/tool.zip changed',
    ]);
    expect(await world.other.stat(record.key)).toBeUndefined();
  });
});

describe('cut off', () => {
  const large = Buffer.alloc(70 * MIB, 'x');

  test('a large file goes on with the parts that are missing', async () => {
    const world = new MovingWorld();
    const record = await world.publish('large.zip', large);
    let parts = 0;
    const failing = withVerbs(world.other, {
      putPart: async (...args) => {
        parts += 1;
        if (parts > 2) throw broken();
        return world.other.putPart(...args);
      },
    });

    const first = await world.move({ to: { place: 'other', store: failing } });
    const second = await world.move();

    expect(linesOf(first)).toEqual(['1.0.0/large.zip failed']);
    expect(second).toMatchObject([{ outcome: 'moved', sentBytes: (70 - 32) * MIB }]);
    expect((await world.other.stat(record.key))?.size).toBe(large.length);
    expect(await collect(world.other.leftovers())).toEqual([]);
  });

  test('a large file whose source was replaced begins again, and leaves no parts', async () => {
    const world = new MovingWorld();
    const record = await world.publish('large.zip', large);
    const failing = withVerbs(world.other, { completeMultipart: () => Promise.reject(broken()) });
    await world.move({ to: { place: 'other', store: failing } });
    const { blob = { etag: '' } } = record;
    await world.memory.delete(record.key, blob);
    const again = world.memory.store(record.key, large, termsOf(record), world.now);
    await world.catalog.changePackage(
      record,
      { attemptId: record.attemptId, states: ['available'] },
      { blob: { etag: again.etag } },
    );

    const outcomes = await world.move();

    expect(outcomes).toMatchObject([{ outcome: 'moved', sentBytes: large.length }]);
    expect(await collect(world.other.leftovers())).toEqual([]);
  });

  test('by the person who runs it, the next run finishes what was under way', async () => {
    const world = new MovingWorld();
    await world.publish('large.zip', large);
    const stopping = new AbortController();
    const stopped = withVerbs(world.other, {
      putPart: async (...args) => {
        await world.other.putPart(...args);
        stopping.abort();
      },
    });

    const first = await world.move({
      to: { place: 'other', store: stopped },
      signal: stopping.signal,
    });
    const second = await world.move();

    expect(linesOf(first)).toEqual(['1.0.0/large.zip stopped']);
    expect(second).toMatchObject([{ outcome: 'moved' }]);
    expect(second[0]?.sentBytes).toBeLessThan(large.length);
  });

  test('after any of its effects, the next run ends with every package in the target and none in two states', async () => {
    for (let effects = 0; ; effects++) {
      const world = new MovingWorld();
      const records = [
        await world.publish('small.zip', 'small'),
        await world.publish('large.zip', large.subarray(0, 17 * MIB)),
      ];
      let left = effects;
      const dying = <Args extends unknown[], Result>(verb: (...args: Args) => Promise<Result>) => {
        return async (...args: Args): Promise<Result> => {
          if (left === 0) throw broken();
          left -= 1;
          return verb(...args);
        };
      };
      const { other, catalog } = world;
      const store = withVerbs(other, {
        put: dying((...args: Parameters<typeof other.put>) => other.put(...args)),
        beginMultipart: dying((...args: Parameters<typeof other.beginMultipart>) =>
          other.beginMultipart(...args),
        ),
        putPart: dying((...args: Parameters<typeof other.putPart>) => other.putPart(...args)),
        completeMultipart: dying((...args: Parameters<typeof other.completeMultipart>) =>
          other.completeMultipart(...args),
        ),
        settle: dying((...args: Parameters<typeof other.settle>) => other.settle(...args)),
      });
      const dyingCatalog = {
        getPackage: catalog.getPackage.bind(catalog),
        listVersions: catalog.listVersions.bind(catalog),
        listPackages: catalog.listPackages.bind(catalog),
        changePackage: dying((...args: Parameters<typeof catalog.changePackage>) =>
          catalog.changePackage(...args),
        ),
      };
      const first = await collect(
        migratePackages(world.moving({ to: { place: 'other', store }, catalog: dyingCatalog }), {
          concurrency: 1,
        }),
      );

      await world.move();

      for (const record of records) {
        expect((await world.catalog.getPackage(record))?.store).toBe('other');
        expect((await world.other.stat(record.key))?.size).toBe(record.size);
      }
      expect(
        (await collect(world.other.leftovers())).filter(({ uploadId }) => uploadId !== undefined),
      ).toEqual([]);
      if (first.every(({ outcome }) => outcome === 'moved')) break;
    }
  });
});
