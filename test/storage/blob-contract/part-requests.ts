/**
 * Contract: a signed part works for its upload, number, length and checksum, until the upload ends.
 */
import { expect, test } from '@jest/globals';
import {
  type BlobStoreHarness,
  begin,
  bytesOf,
  expectRefused,
  expired,
  keyOf,
  sendPart,
  sha256Of,
  TTL_SECONDS,
  takeAway,
  withCode,
} from './harness.ts';

export function describePartRequests(harness: () => BlobStoreHarness): void {
  const key = keyOf('linux-x64.tar.gz');
  const fileOf = ({ minPartSize }: BlobStoreHarness) => bytesOf(2 * minPartSize + 100);

  test('a part of another length than signed is refused, and is not present', async () => {
    const { store, send } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()));
    const { bytes, ...terms } = partOf(3);
    const request = await store.signPart(upload, terms, TTL_SECONDS);

    expectRefused(await send(request, bytes.subarray(1)));
    expectRefused(await send(request, Buffer.concat([bytes, bytes])));

    expect(await store.listParts(upload)).toEqual([]);
    await store.abortMultipart(upload);
  });

  test('a part whose bytes do not match its checksum is refused, and is not present', async () => {
    const { store } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()), true);

    expectRefused(await sendPart(harness(), upload, { ...partOf(3), bytes: bytesOf(100, 99) }));

    expect(await store.listParts(upload)).toEqual([]);
    await store.abortMultipart(upload);
  });

  test('a part whose connection is cut is not present, and can be sent again at once', async () => {
    const { store, send } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()));
    const { bytes, ...terms } = partOf(3);
    const request = await store.signPart(upload, terms, TTL_SECONDS);

    expect((await send(request, bytes.subarray(0, 50), { contentLength: 100 })).status).not.toBe(
      200,
    );
    expect(await store.listParts(upload)).toEqual([]);
    expect((await send(request, bytes)).status).toBe(200);

    expect(await store.listParts(upload)).toEqual([{ partNumber: 3, size: 100 }]);
    await store.abortMultipart(upload);
  });

  test('a request for a part works only for its own number and upload', async () => {
    const { store, send } = harness();
    const bytes = fileOf(harness());
    const one = await begin(harness(), key, bytes);
    const two = await begin(harness(), key, bytes);
    const { bytes: part, ...terms } = one.partOf(3);
    const request = await store.signPart(one.upload, terms, TTL_SECONDS);

    const url = new URL(request.url);
    const renumbered = request.url.replace(/([?&]part(?:Number)?)=3\b/, '$1=2');
    const named = ({ upload }: typeof one) =>
      encodeURIComponent(harness().uploadIdInUrl?.(upload.uploadId) ?? upload.uploadId);
    const moved = request.url.replaceAll(named(one), named(two));
    for (const other of [renumbered, moved]) {
      expect(other).not.toBe(url.href);
      expectRefused(await send(request, part, { url: other }));
    }

    expect(await store.listParts(one.upload)).toEqual([]);
    expect(await store.listParts(two.upload)).toEqual([]);
    await store.abortMultipart(one.upload);
    await store.abortMultipart(two.upload);
  });

  test('an expired request for a part is refused', async () => {
    const { store, send } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()));
    const { bytes, ...terms } = partOf(3);
    const request = await expired(harness(), () => store.signPart(upload, terms, 1));

    expectRefused(await send(request, bytes));

    expect(await store.listParts(upload)).toEqual([]);
    await store.abortMultipart(upload);
  });

  test('a request for a part stops working once its upload is completed or aborted', async () => {
    const { store, send } = harness();
    const { upload, partOf } = await begin(harness(), key, Buffer.from('pad'));
    const request = await store.signPart(upload, { partNumber: 1, size: 3 }, TTL_SECONDS);
    await sendPart(harness(), upload, partOf(1));
    await store.completeMultipart(upload);
    const before = await store.stat(key);

    expectRefused(await send(request, 'pax'));

    expect(await store.stat(key)).toEqual(before);
    await takeAway(store, key);
  });

  test('parts of an unknown upload are not signed, listed or completed', async () => {
    const { store } = harness();
    const { upload } = await begin(harness(), key, Buffer.from('pad'));
    await store.abortMultipart(upload);

    await expect(store.signPart(upload, { partNumber: 1, size: 3 }, 60)).rejects.toEqual(
      withCode('NOT_FOUND'),
    );
    await expect(store.listParts(upload)).rejects.toEqual(withCode('NOT_FOUND'));
    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('NOT_FOUND'));
  });

  test('all parts have a checksum or none, as the plan says', async () => {
    const { store } = harness();
    const withChecksums = await begin(harness(), key, Buffer.from('pad'), true);
    const without = await begin(harness(), key, Buffer.from('pad'), false);
    const part = { partNumber: 1, size: 3 };

    await expect(store.signPart(withChecksums.upload, part, 60)).rejects.toEqual(
      withCode('INVALID_INPUT'),
    );
    await expect(
      store.signPart(without.upload, { ...part, sha256: sha256Of('pad') }, 60),
    ).rejects.toEqual(withCode('INVALID_INPUT'));

    await store.abortMultipart(withChecksums.upload);
    await store.abortMultipart(without.upload);
  });
}
