/** How much space a disk has for uploads. */
import { mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parsePackageKey } from '../../core/names.ts';
import { DiskStore } from '../../storage/disk/disk-store.ts';
import { DiskVolume } from '../../storage/disk/disk-volume.ts';
import { UrlSigner } from '../../storage/url-signer.ts';

const MIB = 1024 * 1024;
let root: string;
let store: DiskStore;
let volume: DiskVolume;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stowage-volume-'));
  const clock = () => new Date();
  const signer = new UrlSigner({
    secret: Buffer.alloc(32, 7),
    publicUrl: 'http://store.test',
    clock,
  });
  store = await DiskStore.open({ root, signer, clock, newId: () => 'id' });
  volume = new DiskVolume(root);
});

afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

test('reports the free space minus a reserve', async () => {
  const { bavail, bsize } = await statfs(root);

  const free = await volume.freeBytes();

  expect(free).toBeGreaterThanOrEqual(0);
  expect(free).toBeLessThan(bavail * bsize);
});

test('an upload in parts counts with the bytes that have arrived, not with its size', async () => {
  const { key } = parsePackageKey('packages/1/a.zip');
  const terms = {
    contentType: 'application/zip',
    contentDisposition: 'attachment',
    cacheControl: 'no-cache',
    size: 512 * MIB,
    sha256: 'a'.repeat(64),
    attemptId: 'attempt',
  };
  const { uploadId } = await store.beginMultipart(key, terms, {
    partSize: 16 * MIB,
    partCount: 32,
    partChecksums: false,
  });
  expect(await volume.receivedBytes()).toBe(0);

  const data = await open(join(root, '.stowage', 'uploads', uploadId, 'data'), 'r+');
  await data.write(Buffer.alloc(MIB, 1), 0, MIB, 32 * MIB);
  await data.sync();
  await data.close();
  await writeFile(join(root, '.stowage', 'work', 'one'), Buffer.alloc(MIB, 1), { flush: true });

  expect(await volume.receivedBytes()).toBe(2 * MIB);
});

test('the free space of a missing folder is an error', async () => {
  await expect(new DiskVolume(join(root, 'gone')).freeBytes()).rejects.toEqual(
    expect.objectContaining({ name: 'ServiceError' }),
  );
});
