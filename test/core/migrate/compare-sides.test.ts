/** `migrate status`: both stores are compared with each other and with the catalog. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { compareSides } from '../../../core/migrate/compare-sides.ts';
import { parsePackageKey } from '../../../core/names.ts';
import { MovingWorld, withVerbs } from './moving-world.ts';

function keyOf(file: string) {
  return parsePackageKey(`packages/${file}`).key;
}

describe('comparing', () => {
  test('reports what each store holds, and which store the records name', async () => {
    const world = new MovingWorld();
    await world.publish('moved.zip', 'moved');
    await world.move();
    await world.publish('stays.zip', 'here');

    expect(await compareSides(world.moving())).toEqual({
      onlyInFrom: { files: 1, bytes: 4 },
      onlyInTo: { files: 0, bytes: 0 },
      inBoth: { files: 1, bytes: 5 },
      records: {
        from: { files: 1, bytes: 4 },
        to: { files: 1, bytes: 5 },
        elsewhere: { files: 0, bytes: 0 },
      },
      wrong: [],
      untold: 0,
    });
  });

  test('reports a missing file, a file without a record, and one that differs from its record', async () => {
    const world = new MovingWorld();
    const missing = await world.publish('missing.zip', 'missing');
    const other = await world.publish('other.zip', 'other');
    await world.memory.delete(missing.key, missing.blob ?? { etag: '' });
    world.memory.plant(other.key, Buffer.from('wrong'));
    world.other.plant(keyOf('3.0/unowned.zip'), Buffer.from('?'));

    const { wrong } = await compareSides(world.moving());

    expect(wrong).toEqual([
      { key: other.key, detail: 'memory holds other bytes than its record names' },
      { key: keyOf('3.0/unowned.zip'), detail: 'no record owns this file' },
      { key: missing.key, detail: 'its record names memory, which has nothing under this key' },
    ]);
  });

  test('without a catalog reports sizes that differ and, if every byte is read, bytes that differ', async () => {
    const world = new MovingWorld();
    for (const [file, here, there] of [
      ['1.0/a.zip', 'a', 'aa'],
      ['1.0/b.zip', 'b', 'c'],
      ['1.0/d.zip', 'd', 'd'],
    ] as const) {
      world.memory.plant(keyOf(file), Buffer.from(here));
      world.other.plant(keyOf(file), Buffer.from(there));
    }
    const { from, to } = world.moving();

    const quick = await compareSides({ from, to });
    const full = await compareSides({ from, to }, { verifyFull: true });

    expect(quick.wrong).toEqual([
      { key: keyOf('1.0/a.zip'), detail: '1 bytes in memory, 2 in other' },
    ]);
    expect([...new Set(full.wrong.map(({ key }) => key))]).toEqual([
      keyOf('1.0/a.zip'),
      keyOf('1.0/b.zip'),
    ]);
  });

  test('names the side on which a byte was flipped', async () => {
    const world = new MovingWorld();
    const record = await world.publish('tool.zip', 'the bytes');
    await world.move();
    const flipped = withVerbs(world.other, {
      get: async () => Readable.from([Buffer.from('the bytez')]),
    });

    const { wrong } = await compareSides(world.moving({ to: { place: 'other', store: flipped } }), {
      verifyFull: true,
    });

    expect(wrong).toEqual([
      { key: record.key, detail: expect.stringMatching(/^other holds sha256 .* must hold/) },
    ]);
  });

  test('looks only at the versions that were chosen', async () => {
    const world = new MovingWorld();
    await world.publish('tool.zip', 'one', '1.0.0');
    await world.publish('tool.zip', 'three', '2.0.0');

    const { onlyInFrom, records } = await compareSides(world.moving(), { include: ['2.*'] });

    expect(onlyInFrom).toEqual({ files: 1, bytes: 5 });
    expect(records?.from).toEqual({ files: 1, bytes: 5 });
  });

  test('names no more than a thousand, and counts the rest', async () => {
    const world = new MovingWorld();
    for (let n = 0; n < 1005; n++) world.memory.plant(keyOf(`1.0/f${n}.zip`), Buffer.from('?'));

    const { wrong, untold } = await compareSides(world.moving());

    expect([wrong.length, untold]).toEqual([1000, 5]);
  });
});
