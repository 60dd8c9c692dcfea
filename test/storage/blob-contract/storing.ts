/** Contract: files are stored whole or not at all, never overwritten, and read by version. */

import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { eachPiece } from '../../../core/ports/blob-store.ts';
import {
  type BlobStoreHarness,
  bytesOf,
  collect,
  keyOf,
  keysIn,
  put,
  read,
  takeAway,
  termsFor,
  withCode,
} from './harness.ts';

export function describeStoring(harness: () => BlobStoreHarness): void {
  const key = keyOf('linux-x64.tar.gz');

  test('a stored file is described and read back unchanged', async () => {
    const { store } = harness();
    const bytes = bytesOf(3_000_000);

    const info = await store.put(
      key,
      Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]),
      termsFor(bytes),
    );

    expect(info).toMatchObject({ key, size: bytes.length });
    expect(await store.stat(key)).toMatchObject({
      key,
      size: bytes.length,
      etag: info.etag,
      attemptId: 'attempt-1',
    });
    expect(await read(store, key)).toBe(bytes.toString('latin1'));
    await takeAway(store, key);
  });

  test('a store that proves the SHA-256 proves that of the bytes', async () => {
    const { store } = harness();
    await put(store, key, 'pad');

    const info = await store.stat(key);

    expect([undefined, termsFor('pad').sha256]).toContain(info?.sha256);
    await takeAway(store, key);
  });

  test('a file of zero bytes is a file', async () => {
    const { store } = harness();
    await put(store, key, '');

    expect(await store.stat(key)).toMatchObject({ size: 0 });
    expect(await read(store, key)).toBe('');
    await takeAway(store, key);
  });

  test('stat of a missing file is undefined, and get is NOT_FOUND', async () => {
    const { store } = harness();

    expect(await store.stat(key)).toBeUndefined();
    await expect(store.get(key)).rejects.toEqual(withCode('NOT_FOUND'));
    await store.delete(key, { etag: '"none"' });
    await store.settle(key);
  });

  test.each([
    ['of the right length with other bytes', 'pax'],
    ['that is shorter', 'pa'],
    ['that is longer', 'padd'],
    ['of zero bytes', ''],
  ])('a body %s is refused and leaves nothing', async (_what, sent) => {
    const { store } = harness();

    const stored = store.put(key, Readable.from([Buffer.from(sent)]), termsFor('pad'));

    await expect(stored).rejects.toEqual(withCode('INTEGRITY'));
    expect(await store.stat(key)).toBeUndefined();
  });

  test('a body that breaks off leaves nothing, and the name is free', async () => {
    const { store } = harness();
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('p');
        throw new Error('the source broke');
      })(),
    );

    await expect(store.put(key, broken, termsFor('pad'))).rejects.toThrow('the source broke');
    await put(store, key, 'pad');

    expect(await read(store, key)).toBe('pad');
    await takeAway(store, key);
  });

  test('a put never overwrites a file', async () => {
    const { store } = harness();
    await put(store, key, 'first');

    await expect(put(store, key, 'second')).rejects.toEqual(withCode('ALREADY_EXISTS'));
    await expect(put(store, key, 'first')).rejects.toEqual(withCode('ALREADY_EXISTS'));

    expect(await read(store, key)).toBe('first');
    await takeAway(store, key);
  });

  test('when many puts run at the same time, one wins, and its bytes are stored', async () => {
    const { store } = harness();
    const bodies = Array.from({ length: 8 }, (_, i) => `writer ${i} `.repeat(1000 + i));

    const outcomes = await Promise.allSettled(
      bodies.map((body, i) => put(store, key, body, `attempt-${i}`)),
    );

    const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(
      outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code),
    ).toEqual(Array(7).fill('ALREADY_EXISTS'));
    expect(await read(store, key)).toBe(bodies[winners[0] ?? -1]);
    expect(await store.stat(key)).toMatchObject({ attemptId: `attempt-${winners[0]}` });
    await takeAway(store, key);
  });

  test('readInto reads from anywhere in a file, and reports each piece in order', async () => {
    const { store } = harness();
    const bytes = bytesOf(3_000_000);
    const version = await put(store, key, bytes);
    const memory = Buffer.alloc(2_500_000);
    const pieces: Buffer[] = [];
    const keep = (piece: Buffer) => pieces.push(Buffer.from(piece));

    const filled = await store.readInto(key, memory, { start: 100, version }, keep);

    expect(filled).toBe(memory.length);
    expect(memory.equals(bytes.subarray(100, 2_500_100))).toBe(true);
    expect(Buffer.concat(pieces).equals(memory)).toBe(true);
    const rest = await store.readInto(key, memory, { start: 2_999_990, version }, () => {});
    expect(memory.subarray(0, rest).equals(bytes.subarray(2_999_990))).toBe(true);
    await takeAway(store, key);
  });

  test('readInto reads a file of zero bytes', async () => {
    const { store } = harness();
    const version = await put(store, key, '');

    expect(await store.readInto(key, Buffer.alloc(0), { start: 0, version }, () => {})).toBe(0);

    await takeAway(store, key);
  });

  test('readInto reads only the version that was asked for', async () => {
    const { store } = harness();
    const from = { start: 0, version: { etag: '"none"' } };

    await expect(store.readInto(key, Buffer.alloc(3), from, () => {})).rejects.toEqual(
      withCode('NOT_FOUND'),
    );
    await put(store, key, 'pad');
    await expect(store.readInto(key, Buffer.alloc(3), from, () => {})).rejects.toEqual(
      withCode('CONFLICT'),
    );

    await takeAway(store, key);
  });

  test('a range includes its first and last byte, and ends at the end of the file', async () => {
    const { store } = harness();
    await put(store, key, '0123456789');

    expect(await read(store, key, { range: { start: 0, end: 0 } })).toBe('0');
    expect(await read(store, key, { range: { start: 3, end: 5 } })).toBe('345');
    expect(await read(store, key, { range: { start: 8, end: 99 } })).toBe('89');
    for (const range of [
      { start: 10, end: 11 },
      { start: 5, end: 4 },
      { start: -1, end: 2 },
    ]) {
      await expect(store.get(key, { range })).rejects.toEqual(withCode('INVALID_INPUT'));
    }
    await takeAway(store, key);
  });

  test('giving pieces back does not change what other readers get', async () => {
    const { store } = harness();
    await put(store, key, 'x'.repeat(200_000));

    let bytes = 0;
    await eachPiece(await store.get(key), (piece) => {
      bytes += piece.length;
    });

    expect(bytes).toBe(200_000);
    expect(await read(store, key)).toBe('x'.repeat(200_000));
    await takeAway(store, key);
  });

  test('a replaced version is neither read nor deleted, and the new bytes stay', async () => {
    const { store } = harness();
    const stale = await put(store, key, 'first');
    await store.delete(key, stale);
    const fresh = await put(store, key, 'second');

    await expect(store.get(key, { version: stale })).rejects.toEqual(withCode('CONFLICT'));
    await expect(store.delete(key, stale)).rejects.toEqual(withCode('CONFLICT'));

    expect(fresh.etag).not.toBe(stale.etag);
    expect(await read(store, key, { version: fresh })).toBe('second');
    await takeAway(store, key);
  });

  test('deleting can be repeated', async () => {
    const { store } = harness();
    const info = await put(store, key, 'pad');

    await store.delete(key, info);
    await store.delete(key, info);

    expect(await keysIn(store)).toEqual([]);
  });

  test('a settled key is not a leftover, and its bytes stay', async () => {
    const { store } = harness();
    const info = await put(store, key, 'pad');

    await store.settle(key);
    await store.settle(key);

    expect(await collect(store.leftovers())).toEqual([]);
    expect(await store.stat(key)).toMatchObject({ size: 3, etag: info.etag });
    await takeAway(store, key);
  });
}
