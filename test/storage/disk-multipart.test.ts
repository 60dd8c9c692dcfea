/**
 * Multipart uploads of DiskStore: who may write a part, and how completing and aborting stop
 * writers.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  begin,
  bytesOf,
  collect,
  keyOf,
  put,
  read,
  sendPart,
  takeAway,
  termsFor,
  withCode,
} from './blob-contract/harness.ts';
import { type DiskHarness, openDiskHarness } from './disk-harness.ts';

describe('writers of parts', () => {
  const key = keyOf('linux-x64.tar.gz');
  const bytes = bytesOf(250_000);
  let harness: DiskHarness;
  beforeEach(async () => {
    harness = await openDiskHarness();
  });
  afterEach(() => harness.close());

  test('a newer writer of a part replaces one that hangs, which gets CONFLICT', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    const hanging = new PassThrough();
    hanging.write('half');
    const older = store.receivePart(upload, partOf(1), hanging);
    const olderEnds = expect(older).rejects.toEqual(withCode('CONFLICT'));

    expect(await sendPart(harness, upload, partOf(1))).toBe(200);

    await olderEnds;
    expect(await store.listParts(upload)).toEqual([{ partNumber: 1, size: 100_000 }]);
    await store.abortMultipart(upload);
  });

  test('a present part stays if sending it again fails', async () => {
    const { store, root } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));

    const broken = async function* () {
      yield partOf(1).bytes.subarray(0, 99_999);
      throw new Error('connection reset');
    };
    await expect(store.receivePart(upload, partOf(1), broken())).rejects.toThrow(
      'connection reset',
    );
    const short = Readable.from([partOf(2).bytes.subarray(1)]);
    await expect(store.receivePart(upload, partOf(2), short)).rejects.toEqual(
      withCode('INTEGRITY'),
    );

    expect(await store.listParts(upload)).toHaveLength(3);
    await store.completeMultipart(upload);
    expect(await read(store, key)).toBe(bytes.toString('latin1'));
    expect(await readdir(join(root, '.stowage', 'uploads'))).toEqual([]);
    await takeAway(store, key);
  });

  test('a part that is sent again has the new bytes', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    await sendPart(harness, upload, { ...partOf(2), bytes: bytesOf(100_000, 99) });
    for (const partNumber of [1, 3, 2]) await sendPart(harness, upload, partOf(partNumber));

    await store.completeMultipart(upload);

    expect(await read(store, key)).toBe(bytes.toString('latin1'));
    await takeAway(store, key);
  });

  test('completing stops a writer that sends a part again, and uses the present part', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));
    const sending = expect(store.receivePart(upload, partOf(2), new PassThrough())).rejects.toEqual(
      withCode('CONFLICT'),
    );

    await store.completeMultipart(upload);

    await sending;
    expect(await read(store, key)).toBe(bytes.toString('latin1'));
    await takeAway(store, key);
  });

  test('aborting stops writers, and leaves nothing', async () => {
    const { store, root } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    const sending = expect(store.receivePart(upload, partOf(2), new PassThrough())).rejects.toEqual(
      withCode('NOT_FOUND'),
    );

    await store.abortMultipart(upload);

    await sending;
    expect(await readdir(join(root, '.stowage', 'uploads'))).toEqual([]);
  });

  test('joined parts that differ from the declared bytes are INTEGRITY; the upload stays until it is aborted', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 3]) await sendPart(harness, upload, partOf(partNumber));
    await sendPart(harness, upload, { ...partOf(2), bytes: bytesOf(100_000, 99) });

    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('INTEGRITY'));

    expect(await store.stat(key)).toBeUndefined();
    expect(await store.listParts(upload)).toHaveLength(3);
    await store.abortMultipart(upload);
  });

  test('two completions at the same time get the same result', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));

    const [one, two] = await Promise.all([
      store.completeMultipart(upload),
      store.completeMultipart(upload),
    ]);

    expect(one).toEqual(two);
    expect(one).toMatchObject({ attemptId: 'attempt-1', sha256: termsFor(bytes).sha256 });
    await takeAway(store, key);
  });

  test('an abort during a completion does not harm the file', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));

    const [completed] = await Promise.all([
      store.completeMultipart(upload),
      store.abortMultipart(upload),
    ]);

    expect(await store.stat(key)).toEqual(completed);
    await takeAway(store, key);
  });

  test('a file whose SHA-256 is declared at its end is hashed, and completes only if it matches', async () => {
    const { store } = harness;
    const { sha256, ...terms } = termsFor(bytes);
    const part = { partNumber: 1, size: bytes.length };
    const plan = { partSize: bytes.length, partCount: 1, partChecksums: false };
    const upload = await store.beginMultipart(key, terms, plan);
    await store.putPart(upload, part, bytes);

    await expect(store.completeMultipart(upload, 'ab'.repeat(32))).rejects.toEqual(
      withCode('INTEGRITY'),
    );
    await expect((async () => store.completeMultipart(upload))()).rejects.toEqual(
      withCode('INVALID_INPUT'),
    );
    const next = await harness.reopen();

    expect(await next.completeMultipart(upload, sha256)).toMatchObject({
      sha256,
      attemptId: 'attempt-1',
    });
    await takeAway(next, key);
  });

  test('when a put and a completion race for one key, one wins', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));

    const outcomes = await Promise.allSettled([
      store.completeMultipart(upload),
      put(store, key, 'single', 'attempt-2'),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await store.abortMultipart(upload);
    await takeAway(store, key);
  });

  test('closing the store stops writers', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    const sending = expect(store.receivePart(upload, partOf(2), new PassThrough())).rejects.toEqual(
      withCode('UNAVAILABLE'),
    );

    await store.close();

    await sending;
    await store.abortMultipart(upload);
  });

  test('closing the store stops readers', async () => {
    const { store } = harness;
    await put(store, key, bytes.toString('latin1'));
    const reading = collect(await store.get(key));

    await store.close();

    await expect(reading).rejects.toEqual(withCode('UNAVAILABLE'));
    await takeAway(store, key);
  });

  test('closing the store stops a completion, which the next process can do again', async () => {
    const { store } = harness;
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));
    const completing = expect(store.completeMultipart(upload)).rejects.toEqual(
      withCode('UNAVAILABLE'),
    );

    await store.close();

    await completing;
    expect(await store.stat(key)).toBeUndefined();
    const next = await harness.reopen();
    await next.completeMultipart(upload);
    await takeAway(next, key);
  });
});
