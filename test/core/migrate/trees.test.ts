/**
 * Migrations of files that no catalog knows: they are copied, entered into a catalog, and removed
 * only after the copy was proven.
 */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import {
  type CopyTreeDeps,
  type CopyTreeOptions,
  copyTree,
} from '../../../core/migrate/tree/copy-tree.ts';
import { enterFile } from '../../../core/migrate/tree/enter-files.ts';
import { removeTree } from '../../../core/migrate/tree/remove-tree.ts';
import { type PackageKey, parsePackageKey } from '../../../core/names.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { collect, linesOf, MovingWorld, textIn, withVerbs } from './moving-world.ts';

const MIB = 1024 * 1024;
const broken = () => new ServiceError('UNAVAILABLE', 'the store broke off');

function keyOf(file: string): PackageKey {
  return parsePackageKey(`packages/${file}`).key;
}

class Trees extends MovingWorld {
  static of(files: Readonly<Record<string, string | Buffer>>): Trees {
    const world = new Trees();
    for (const [file, bytes] of Object.entries(files))
      world.memory.plant(keyOf(file), Buffer.from(bytes));
    return world;
  }

  copy(over: Partial<CopyTreeDeps> = {}, options: Partial<CopyTreeOptions> = {}) {
    let ids = 0;
    const deps = { ...this.moving(), newId: () => `copy-${++ids}`, ...over };
    return collect(copyTree(deps, { concurrency: 2, ...options }));
  }

  remove(over: Partial<CopyTreeDeps> = {}, options: Partial<CopyTreeOptions> = {}) {
    return collect(removeTree({ ...this.moving(), ...over }, { concurrency: 2, ...options }));
  }

  entering(): Pick<CopyTreeDeps, 'enter'> {
    const deps = {
      catalog: this.catalog,
      clock: () => this.now,
      enteredBy: 'migrate',
      to: { place: 'other', store: this.other },
    };
    return { enter: (file) => enterFile(deps, file) };
  }

  text(file: string): Promise<string | undefined> {
    return textIn(this.other, { key: keyOf(file) });
  }
}

describe('a tree', () => {
  test('is in the target afterwards, and its files do not count as leftovers', async () => {
    const world = Trees.of({
      '1.0/a.zip': 'a',
      '1.0/b.tar.gz': 'bb',
      '1.0-x/a.zip': 'ccc',
      '2.0/empty.txt': '',
    });

    const outcomes = await world.copy();

    expect(linesOf(outcomes)).toEqual([
      '1.0-x/a.zip copied',
      '1.0/a.zip copied',
      '1.0/b.tar.gz copied',
      '2.0/empty.txt copied',
    ]);
    expect(outcomes.find(({ key }) => key === keyOf('1.0/b.tar.gz'))).toEqual({
      ...{
        key: keyOf('1.0/b.tar.gz'),
        outcome: 'copied',
        size: 2,
        sha256: sha256Of('bb'),
        sentBytes: 2,
      },
      ms: expect.any(Number),
    });
    expect(await world.text('1.0-x/a.zip')).toBe('ccc');
    expect(await world.text('2.0/empty.txt')).toBe('');
    expect(await collect(world.other.leftovers())).toEqual([]);
  });

  test('that was copied is neither read nor sent again', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a', '1.0/b.zip': 'bb' });
    await world.copy();
    const refuse = () => Promise.reject(broken());
    const unread = (store: typeof world.memory) =>
      withVerbs(store, { get: refuse, readInto: refuse });

    const outcomes = await world.copy({
      from: { place: 'memory', store: unread(world.memory) },
      to: { place: 'other', store: unread(world.other) },
    });

    expect(outcomes).toMatchObject([
      { outcome: 'there', sentBytes: 0 },
      { outcome: 'there', sentBytes: 0 },
    ]);
  });

  test('that was copied by other means is found in the target, by reading both stores', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a' });
    world.other.plant(keyOf('1.0/a.zip'), Buffer.from('a'));

    expect(await world.copy()).toMatchObject([
      { outcome: 'there', sentBytes: 0, sha256: sha256Of('a') },
    ]);
  });

  test('is read only once', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a', '1.0/b.zip': 'bb' });
    const read: string[] = [];
    const counting = withVerbs(world.memory, {
      readInto: (key, ...rest) => {
        read.push(key);
        return world.memory.readInto(key, ...rest);
      },
    });

    await world.copy({ from: { place: 'memory', store: counting } });

    expect(read.sort()).toEqual([keyOf('1.0/a.zip'), keyOf('1.0/b.zip')]);
  });

  test('is not copied over other bytes, and the rest goes on', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a', '1.0/b.zip': 'bb', '1.0/c.zip': 'c' });
    world.other.plant(keyOf('1.0/a.zip'), Buffer.from('x'));
    world.other.plant(keyOf('1.0/b.zip'), Buffer.from('longer'));

    expect(linesOf(await world.copy())).toEqual([
      '1.0/a.zip occupied',
      '1.0/b.zip occupied',
      '1.0/c.zip copied',
    ]);
    expect(await world.text('1.0/a.zip')).toBe('x');
  });

  test('is copied into a target that holds other files', async () => {
    const world = Trees.of({ '1.0/b.zip': 'b', '1.0/d.zip': 'd' });
    for (const name of ['a', 'c', 'e'])
      world.other.plant(keyOf(`1.0/${name}.zip`), Buffer.from('other'));

    expect(linesOf(await world.copy())).toEqual(['1.0/b.zip copied', '1.0/d.zip copied']);
  });

  test('whose journal is lost is compared again, and nothing is sent again', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a' });
    await world.copy();
    const { journal } = new MovingWorld();

    expect(await world.copy({ journal })).toMatchObject([{ outcome: 'there', sentBytes: 0 }]);
  });

  test('with flipped bits in the target is noticed if every byte is read', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a' });
    await world.copy();
    const rotten = withVerbs(world.other, { get: async () => Readable.from([Buffer.from('b')]) });
    const to = { place: 'other', store: rotten };

    expect(linesOf(await world.copy({ to }))).toEqual(['1.0/a.zip there']);
    expect(linesOf(await world.copy({ to, verifyFull: true }))).toEqual(['1.0/a.zip occupied']);
  });

  test('with a file that can not be read is copied without that file', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a', '1.0/b.zip': 'b' });
    const locked = withVerbs(world.memory, {
      readInto: (key, ...rest) =>
        key.includes('a.zip') ? Promise.reject(broken()) : world.memory.readInto(key, ...rest),
    });

    expect(linesOf(await world.copy({ from: { place: 'memory', store: locked } }))).toEqual([
      '1.0/a.zip unreadable',
      '1.0/b.zip copied',
    ]);
  });

  test('is complete in the end, though the target fails now and then', async () => {
    const world = Trees.of(
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`1.0/f${n}.zip`, `bytes ${n}`])),
    );
    let puts = 0;
    const flaky = withVerbs(world.other, {
      put: (...args) => (++puts % 3 === 0 ? Promise.reject(broken()) : world.other.put(...args)),
    });

    const outcomes = await world.copy({ to: { place: 'other', store: flaky } });

    const last = new Map(outcomes.map(({ key, outcome }) => [key, outcome]));
    expect([...last.values()]).toEqual(Array.from({ length: 20 }, () => 'copied'));
  });

  test('continues with the parts of a large file after an error, also if its hash is not known', async () => {
    const world = Trees.of({ '1.0/large.zip': Buffer.alloc(40 * MIB, 'x') });
    let parts = 0;
    const breaking = withVerbs(world.other, {
      putPart: (...args) => (++parts > 1 ? Promise.reject(broken()) : world.other.putPart(...args)),
    });

    const first = await world.copy({ to: { place: 'other', store: breaking } });
    const second = await world.copy();

    expect(linesOf(first)).toEqual(['1.0/large.zip failed']);
    expect(second).toMatchObject([{ outcome: 'copied', sentBytes: 24 * MIB }]);
    expect(await collect(world.other.leftovers())).toEqual([]);
  });

  test('is copied only in the chosen versions, and not at all in a dry run', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a', '2.0/a.zip': 'a', '2.1/a.zip': 'a' });
    const filter = { include: ['2.*'], exclude: ['*.1'] };

    expect(linesOf(await world.copy({}, { ...filter, dryRun: true }))).toEqual([
      '2.0/a.zip planned',
    ]);
    expect(await collect(world.other.list())).toEqual([]);
    expect(linesOf(await world.copy({}, filter))).toEqual(['2.0/a.zip copied']);
    expect(linesOf(await world.copy({}, { dryRun: true }))).toEqual([
      '1.0/a.zip planned',
      '2.0/a.zip there',
      '2.1/a.zip planned',
    ]);
  });
});

describe('entered into a catalog', () => {
  test('a file is published with what is known about it, dated by its own time', async () => {
    const world = Trees.of({ '1.0/tool.tar.gz': 'bytes' });
    const old = world.now.toISOString();
    world.pass(1000);

    const outcomes = await world.copy(world.entering());

    expect(linesOf(outcomes)).toEqual(['1.0/tool.tar.gz entered']);
    const { key, versionId, packageId, ext } = parsePackageKey('packages/1.0/tool.tar.gz');
    expect(await world.catalog.getPackage({ versionId, packageId })).toMatchObject({
      ...{
        key,
        versionId,
        packageId,
        ext,
        state: 'available',
        size: 5,
        sha256: sha256Of('bytes'),
        store: 'other',
      },
      ...{ filename: 'tool.tar.gz', contentType: 'application/octet-stream', createdBy: 'migrate' },
      ...{ createdAt: old, publishedAt: old, blob: { etag: (await world.other.stat(key))?.etag } },
    });
  });

  test('a file that has a record already keeps it', async () => {
    const world = Trees.of({ '1.0/tool.zip': 'bytes' });
    await world.copy(world.entering());

    expect(linesOf(await world.copy(world.entering()))).toEqual(['1.0/tool.zip there']);
  });

  test('a file whose name is taken by other bytes is reported, and the record does not change', async () => {
    const world = Trees.of({ '1.0.0/tool.zip': 'bytes' });
    const record = await world.publish('tool.tar.gz', 'others');

    const outcomes = await world.copy(world.entering(), { include: ['1.0.0'] });

    expect(linesOf(outcomes)).toContain('1.0.0/tool.zip occupied');
    expect(await world.catalog.getPackage(record)).toEqual(record);
  });

  test('files get records in place, without being sent', async () => {
    const world = Trees.of({ '1.0/tool.zip': 'bytes' });
    const side = { place: 'memory', store: world.memory };
    const deps = { catalog: world.catalog, clock: () => world.now, enteredBy: 'migrate', to: side };

    const outcomes = await world.copy({ to: side, enter: (file) => enterFile(deps, file) });

    expect(outcomes).toMatchObject([{ outcome: 'entered', sentBytes: 0 }]);
  });
});

describe('removing', () => {
  test('deletes what is proven in the target, and nothing else', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a', '1.0/b.zip': 'b', '1.0/c.zip': 'c' });
    await world.copy({}, {});
    const { key } = parsePackageKey('packages/1.0/b.zip');
    await world.other.delete(key, (await world.other.stat(key)) ?? { etag: '' });
    world.other.plant(keyOf('1.0/c.zip'), Buffer.from('x'));

    const dry = await world.remove({}, { dryRun: true });
    const outcomes = await world.remove();

    expect(linesOf(dry)).toEqual(['1.0/a.zip planned', '1.0/b.zip missing', '1.0/c.zip occupied']);
    expect(linesOf(outcomes)).toEqual([
      '1.0/a.zip removed',
      '1.0/b.zip missing',
      '1.0/c.zip occupied',
    ]);
    expect((await collect(world.memory.list())).map((one) => one.key)).toEqual([
      keyOf('1.0/b.zip'),
      keyOf('1.0/c.zip'),
    ]);
    expect(await world.text('1.0/a.zip')).toBe('a');
  });

  test('keeps a file that changed while its copy was being checked', async () => {
    const world = Trees.of({ '1.0/a.zip': 'a' });
    await world.copy();
    const racing = withVerbs(world.memory, {
      delete: (...args) => {
        world.memory.plant(args[0], Buffer.from('b'));
        return world.memory.delete(...args);
      },
    });

    expect(linesOf(await world.remove({ from: { place: 'memory', store: racing } }))).toEqual([
      '1.0/a.zip changed',
    ]);
    expect(await textIn(world.memory, { key: keyOf('1.0/a.zip') })).toBe('b');
  });
});
