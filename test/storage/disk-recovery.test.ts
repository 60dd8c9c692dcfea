/** DiskStore opened after its process was killed: it removes leftovers and continues uploads. */
import * as fs from 'node:fs/promises';
import { link, mkdir, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FileSystem } from '../../storage/disk/tree/file-system.ts';
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
import { type DiskHarness, filesUnder, openDiskHarness } from './disk-harness.ts';

describe('opening a DiskStore again', () => {
  const key = keyOf('linux-x64.tar.gz');
  const bytes = bytesOf(250_000);
  let harness: DiskHarness;
  beforeEach(async () => {
    harness = await openDiskHarness();
  });
  afterEach(() => harness.close());

  const own = (...names: readonly string[]) => join(harness.root, '.stowage', ...names);

  test('removes work files, half-made uploads, and notes whose files are gone', async () => {
    await writeFile(own('work', 'dead'), 'half');
    await mkdir(own('uploads', 'half', 'parts'), { recursive: true });
    await writeFile(own('uploads', 'half', 'upload.json'), '{"key":"packages/1.0/p.z');
    await writeFile(own('arrived', '12345'), '{"key":');
    await put(harness.store, key, 'pad');
    await unlink(join(harness.root, key));

    await harness.reopen();

    expect(await filesUnder(harness.root)).toEqual(['packages/1.0.0']);
    await rm(join(harness.root, 'packages', '1.0.0'), { recursive: true });
  });

  test('finishes a delete that was interrupted after the file had lost its name', async () => {
    await put(harness.store, key, 'pad');
    const killed: FileSystem['unlink'] = () => Promise.reject(new Error('killed'));
    const dying = await harness.reopen({ recover: false, fileSystem: { ...fs, unlink: killed } });
    const info = await dying.stat(key);
    await expect(dying.delete(key, { etag: info?.etag ?? '' })).rejects.toThrow('killed');
    expect(await dying.stat(key)).toBeUndefined();

    await harness.reopen();

    expect(await filesUnder(harness.root)).toEqual(['packages/1.0.0']);
    await rm(join(harness.root, 'packages', '1.0.0'), { recursive: true });
  });

  test('leaves all of that alone while another process holds the lock', async () => {
    await writeFile(own('work', 'alive'), 'half');
    await mkdir(own('uploads', 'half'), { recursive: true });

    await harness.reopen({ recover: false });

    expect(await filesUnder(harness.root)).toEqual([
      '.stowage/uploads/half',
      '.stowage/work/alive',
    ]);
    await harness.reopen();
  });

  test('continues an upload: only parts that had arrived whole are present', async () => {
    const { upload, partOf } = await begin(harness, key, bytes);
    await sendPart(harness, upload, partOf(1));
    await sendPart(harness, upload, partOf(3));

    const reopened = await harness.reopen();
    expect(await reopened.listParts(upload)).toEqual([
      { partNumber: 1, size: 100_000 },
      { partNumber: 3, size: 50_000 },
    ]);
    expect(await collect(reopened.leftovers())).toHaveLength(1);
    await reopened.receivePart(upload, partOf(2), chunksOf(partOf(2).bytes));
    await reopened.completeMultipart(upload);

    expect(await read(reopened, key)).toBe(bytes.toString('latin1'));
    await takeAway(reopened, key);
  });

  test('continues an upload with the digests of its parts, and without those that were lost', async () => {
    const { upload, partOf } = await begin(harness, key, bytes, true);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));
    const marks = own('uploads', upload.uploadId, 'parts');
    // As a power failure leaves it, and as release 8542cd9 made it.
    await writeFile(join(marks, '2'), '\0'.repeat(64));
    await writeFile(join(marks, '3'), '');

    const reopened = await harness.reopen();
    const before = await reopened.listParts(upload);
    await reopened.receivePart(upload, partOf(2), chunksOf(partOf(2).bytes));

    expect(before).toEqual([
      { partNumber: 1, size: 100_000, sha256: partOf(1).sha256 },
      { partNumber: 2, size: 100_000 },
      { partNumber: 3, size: 50_000 },
    ]);
    expect(await reopened.listParts(upload)).toMatchObject([{}, { sha256: partOf(2).sha256 }, {}]);
    await reopened.abortMultipart(upload);
  });

  test('cleans up after an upload that already had its name, and still knows who sent it', async () => {
    const { upload, partOf } = await begin(harness, key, bytes);
    for (const partNumber of [1, 2, 3]) await sendPart(harness, upload, partOf(partNumber));
    await harness.store.completeMultipart(upload);
    await mkdir(own('uploads', upload.uploadId, 'parts'), { recursive: true });
    await link(join(harness.root, key), own('uploads', upload.uploadId, 'data'));
    const start = {
      key,
      terms: termsFor(bytes),
      plan: { partSize: 100_000, partCount: 3, partChecksums: false },
    };
    await writeFile(
      own('uploads', upload.uploadId, 'upload.json'),
      JSON.stringify({ ...start, startedAt: 0 }),
    );

    const reopened = await harness.reopen();

    expect(await readdir(own('uploads'))).toEqual([]);
    await expect(reopened.completeMultipart(upload)).rejects.toEqual(withCode('NOT_FOUND'));
    expect(await reopened.stat(key)).toMatchObject({
      attemptId: 'attempt-1',
      sha256: termsFor(bytes).sha256,
    });
    await takeAway(reopened, key);
  });

  test('cleans up after a single upload that was killed after it got its name', async () => {
    await put(harness.store, key, 'pad');
    await link(join(harness.root, key), own('work', 'dead'));

    const reopened = await harness.reopen();

    expect(await readdir(own('work'))).toEqual([]);
    expect(await reopened.stat(key)).toMatchObject({ attemptId: 'attempt-1' });
    await takeAway(reopened, key);
  });

  test('a root that is not a folder is an error of one sentence', async () => {
    await writeFile(join(harness.root, 'file'), '');

    await expect(harness.reopen({ root: join(harness.root, 'file') })).rejects.toMatchObject({
      name: 'ServiceError',
    });

    await unlink(join(harness.root, 'file'));
  });
});

async function* chunksOf(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes;
}
