/** Contract: parts arrive in any order, once or more, and become a file only by completing. */

import { expect, test } from '@jest/globals';
import { isSameUpload } from '../../../core/ports/multipart-store.ts';
import {
  type BlobStoreHarness,
  begin,
  bytesOf,
  collect,
  keyOf,
  keysIn,
  put,
  read,
  sendPart,
  sha256Of,
  takeAway,
  termsFor,
  withCode,
} from './harness.ts';

export function describeMultipart(harness: () => BlobStoreHarness): void {
  const key = keyOf('linux-x64.tar.gz');
  const fileOf = ({ minPartSize }: BlobStoreHarness) => bytesOf(2 * minPartSize + 100);

  test.each([true, false])(
    'parts sent out of order become the file (part checksums: %s)',
    async (partChecksums) => {
      const { store } = harness();
      const bytes = fileOf(harness());
      const { upload, partOf } = await begin(harness(), key, bytes, partChecksums);

      for (const partNumber of [3, 1, 2])
        expect(await sendPart(harness(), upload, partOf(partNumber))).toBe(200);
      expect(await store.stat(key)).toBeUndefined();
      const info = await store.completeMultipart(upload);

      expect(info).toMatchObject({ key, size: bytes.length });
      expect(await store.stat(key)).toMatchObject({
        size: bytes.length,
        etag: info.etag,
        attemptId: 'attempt-1',
      });
      expect(await read(store, key)).toBe(bytes.toString('latin1'));
      await takeAway(store, key);
    },
  );

  test.each([true, false])(
    'parts that the service itself sends become the file (part checksums: %s)',
    async (partChecksums) => {
      const { store } = harness();
      const bytes = fileOf(harness());
      const { upload, partOf } = await begin(harness(), key, bytes, partChecksums);

      for (const partNumber of [3, 1, 2]) {
        const { bytes: part, ...terms } = partOf(partNumber);
        await store.putPart(upload, terms, part);
      }
      const arrived = await store.listParts(upload);
      await store.completeMultipart(upload);

      expect(arrived.map(({ partNumber }) => partNumber)).toEqual([1, 2, 3]);
      expect(await read(store, key)).toBe(bytes.toString('latin1'));
      await takeAway(store, key);
    },
  );

  test('a part that the service itself sends must have the bytes of its terms', async () => {
    const { store } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()), true);
    const { bytes: part, ...terms } = partOf(1);
    const other = bytesOf(terms.size, 99);

    await expect(store.putPart(upload, terms, other)).rejects.toEqual(withCode('INTEGRITY'));
    await expect(store.putPart(upload, terms, part.subarray(1))).rejects.toEqual(
      withCode('INTEGRITY'),
    );
    expect(await store.listParts(upload)).toEqual([]);
    await store.abortMultipart(upload);
    await expect(store.putPart(upload, terms, part)).rejects.toEqual(withCode('NOT_FOUND'));
  });

  test('a file whose SHA-256 is declared at its end is stored', async () => {
    const { store, minPartSize } = harness();
    const bytes = fileOf(harness());
    const { sha256, ...terms } = termsFor(bytes);
    const isListed = await store.listsPartDigests(key);
    const plan = { partSize: minPartSize, partCount: 3, partChecksums: true };
    const upload = await store.beginMultipart(
      key,
      terms,
      isListed ? { ...plan, partDigests: true } : plan,
    );
    for (const partNumber of [1, 2, 3]) {
      const part = bytes.subarray((partNumber - 1) * minPartSize, partNumber * minPartSize);
      const partTerms = { partNumber, size: part.length, sha256: sha256Of(part) };
      if (partNumber === 2) await store.putPart(upload, partTerms, part);
      else expect(await sendPart(harness(), upload, { ...partTerms, bytes: part })).toBe(200);
    }

    const digests = (await store.listParts(upload)).map((part) => part.sha256);
    const info = await store.completeMultipart(upload, sha256);

    expect(digests).toEqual(
      [0, 1, 2].map((index) =>
        isListed
          ? sha256Of(bytes.subarray(index * minPartSize, (index + 1) * minPartSize))
          : undefined,
      ),
    );
    expect(info).toMatchObject({ key, size: bytes.length, attemptId: 'attempt-1' });
    expect([undefined, sha256]).toContain(info.sha256);
    expect(await read(store, key)).toBe(bytes.toString('latin1'));
    await takeAway(store, key);
  });

  test('parts sent at the same time become the file', async () => {
    const { store } = harness();
    const bytes = fileOf(harness());
    const { upload, partOf } = await begin(harness(), key, bytes);

    await Promise.all(
      [1, 2, 3].map((partNumber) => sendPart(harness(), upload, partOf(partNumber))),
    );
    await store.completeMultipart(upload);

    expect(await read(store, key)).toBe(bytes.toString('latin1'));
    await takeAway(store, key);
  });

  test('one part is enough for a small file', async () => {
    const { store } = harness();
    const { upload, partOf } = await begin(harness(), key, Buffer.from('pad'));

    await sendPart(harness(), upload, partOf(1));
    await store.completeMultipart(upload);

    expect(await read(store, key)).toBe('pad');
    await takeAway(store, key);
  });

  test('the parts that have arrived are listed by number', async () => {
    const { store } = harness();
    const { minPartSize } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()));

    expect(await store.listParts(upload)).toEqual([]);
    await sendPart(harness(), upload, partOf(3));
    await sendPart(harness(), upload, partOf(1));

    expect(await store.listParts(upload)).toEqual([
      { partNumber: 1, size: minPartSize },
      { partNumber: 3, size: 100 },
    ]);
    await store.abortMultipart(upload);
  });

  test('when a part is sent twice, the last one wins', async () => {
    const { store } = harness();
    const bytes = fileOf(harness());
    const { upload, partOf } = await begin(harness(), key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness(), upload, partOf(partNumber));

    const wrong = { ...partOf(2), bytes: bytesOf(partOf(2).size, 99) };
    expect(await sendPart(harness(), upload, wrong)).toBe(200);
    expect(await sendPart(harness(), upload, partOf(2))).toBe(200);
    await store.completeMultipart(upload);

    expect(await read(store, key)).toBe(bytes.toString('latin1'));
    await takeAway(store, key);
  });

  test('an upload with a missing part does not complete, and can go on', async () => {
    const { store } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()));
    await sendPart(harness(), upload, partOf(1));
    await sendPart(harness(), upload, partOf(3));

    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('NOT_UPLOADED'));
    expect(await store.stat(key)).toBeUndefined();
    await sendPart(harness(), upload, partOf(2));
    await store.completeMultipart(upload);

    await takeAway(store, key);
  });

  test('a part of a wrong length never gets into the file', async () => {
    const { store, send } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()));
    for (const partNumber of [1, 2, 3]) await sendPart(harness(), upload, partOf(partNumber));

    const attempt = async () => {
      const request = await store.signPart(upload, { partNumber: 3, size: 99 }, 60);
      await send(request, partOf(3).bytes.subarray(0, 99));
      await store.completeMultipart(upload);
    };

    // A store that knows the plan refuses to sign; others notice when they join the parts.
    await expect(attempt()).rejects.toMatchObject({
      code: expect.stringMatching(/^(INVALID_INPUT|NOT_UPLOADED)$/),
    });
    expect(await store.stat(key)).toBeUndefined();
    await store.abortMultipart(upload);
  });

  test('completing never overwrites a file that was stored in the meantime', async () => {
    const { store } = harness();
    const { upload, partOf } = await begin(harness(), key, Buffer.from('pad'));
    await sendPart(harness(), upload, partOf(1));
    await put(store, key, 'other');

    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('ALREADY_EXISTS'));

    expect(await read(store, key)).toBe('other');
    await store.abortMultipart(upload);
    await takeAway(store, key);
  });

  test('a completed upload is no longer an upload', async () => {
    const { store } = harness();
    const { upload, partOf } = await begin(harness(), key, Buffer.from('pad'));
    await sendPart(harness(), upload, partOf(1));
    await store.completeMultipart(upload);

    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('NOT_FOUND'));
    await store.abortMultipart(upload);

    expect(await read(store, key)).toBe('pad');
    await takeAway(store, key);
  });

  test('aborting removes the parts, and can be repeated', async () => {
    const { store } = harness();
    const { upload, partOf } = await begin(harness(), key, fileOf(harness()));
    await sendPart(harness(), upload, partOf(1));

    await store.abortMultipart(upload);
    await store.abortMultipart(upload);

    await expect(store.listParts(upload)).rejects.toEqual(withCode('NOT_FOUND'));
    await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('NOT_FOUND'));
    expect(await keysIn(store)).toEqual([]);
  });

  test('an upload under way is a leftover until it ends', async () => {
    const { store } = harness();
    const { upload } = await begin(harness(), key, fileOf(harness()));

    const leftovers = await collect(store.leftovers());
    expect(leftovers).toEqual([
      expect.objectContaining({ key, uploadId: expect.any(String), startedAt: expect.any(Date) }),
    ]);
    const listed = leftovers[0]?.uploadId ?? '';
    expect(isSameUpload(listed, upload.uploadId)).toBe(true);
    await store.abortMultipart({ key, uploadId: listed });

    expect(await collect(store.leftovers())).toEqual([]);
  });

  test('two uploads of one key are independent, and the first to complete gets the name', async () => {
    const { store } = harness();
    const one = await begin(harness(), key, Buffer.from('one'));
    const two = await begin(harness(), key, Buffer.from('two'));
    await sendPart(harness(), one.upload, one.partOf(1));
    await sendPart(harness(), two.upload, two.partOf(1));

    await store.completeMultipart(two.upload);
    await expect(store.completeMultipart(one.upload)).rejects.toEqual(withCode('ALREADY_EXISTS'));
    await store.abortMultipart(one.upload);

    expect(await read(store, key)).toBe('two');
    await takeAway(store, key);
  });
}
