/**
 * A service with two stores: its record decides in which store the bytes of a package are signed,
 * proven and removed.
 */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { deletePackage } from '../../core/lifecycle/lifecycle.ts';
import { verifyStore } from '../../core/lifecycle/verify-store.ts';
import { termsOf } from '../../core/proof/proof.ts';
import { verifyUpload } from '../../core/publishing/verify-upload.ts';
import { findAvailable, signLink } from '../../core/reading/links.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { createUpload } from '../../core/uploads/create-upload.ts';
import { signParts } from '../../core/uploads/parts.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { MIB, partRequests, publisher, ref, singleRequest, World } from './world.ts';

async function published(world: World, bytes = 'the bytes'): Promise<void> {
  await world.send(singleRequest(await world.create(bytes)), bytes);
  await completeUpload(world.deps, ref);
}

/** Copies the published package to the other store and turns its record, as a migration does. */
async function moved(world: World): Promise<void> {
  const record = await findAvailable(world.catalog, ref.versionId, 'tool.zip');
  const copy = await world.other.put(
    record.key,
    await world.memory.get(record.key),
    termsOf(record),
  );
  const { blob = { etag: '' }, attemptId } = record;
  await world.catalog.changePackage(
    record,
    { attemptId, states: ['available'], store: 'memory' },
    {
      store: 'other',
      blob: { etag: copy.etag },
      movedFrom: { store: 'memory', blob, movedAt: record.touchedAt },
    },
  );
}

describe('with two stores', () => {
  test('a package is handed out from the store that its record names', async () => {
    const world = new World();
    await published(world);
    const before = await findAvailable(world.catalog, ref.versionId, 'tool.zip');
    const old = await signLink(world.turned(), before);

    await moved(world);
    const after = await findAvailable(world.catalog, ref.versionId, 'tool.zip');

    expect(await world.send(old, '', world.memory)).toBe(200);
    expect(await world.send(await signLink(world.turned(), after), '', world.other)).toBe(200);
    expect((await world.catalog.getPackage(ref))?.store).toBe('other');
  });

  test('new uploads go to the first, and one that began in the other ends there', async () => {
    const world = new World();
    const begun = await world.create('the bytes');
    const turned = world.turned();

    const renewed = await createUpload(turned, publisher, ref.versionId, {
      ...begun.record,
      partChecksums: false,
    });
    await world.send(singleRequest(renewed), 'the bytes', world.memory);
    const done = await completeUpload(turned, ref);
    const fresh = await createUpload(turned, publisher, ref.versionId, {
      ...begun.record,
      packageId: undefined,
      filename: 'other.zip',
      partChecksums: false,
    });

    expect([done.state, done.store]).toEqual(['available', 'memory']);
    expect(fresh.record.store).toBe('other');
  });

  test('parts are signed, joined and proven where the upload began', async () => {
    const world = new World();
    const bytes = Buffer.alloc(17 * MIB, 1);
    const created = await world.create(bytes, { method: 'multipart' });
    const [first] = partRequests(created);
    const [last] = await signParts(world.turned(), ref, [2], undefined);
    if (first === undefined || last === undefined) throw new Error('17 MiB are two parts');
    await world.send(first, bytes.subarray(0, 16 * MIB));
    await world.send(last.request, bytes.subarray(16 * MIB));

    await completeUpload(world.turned(), ref);
    const record = await verifyUpload(world.turned(), ref);

    expect([record?.state, record?.store]).toEqual(['available', 'memory']);
  });

  test('the sweep removes leftovers in both', async () => {
    const world = new World();
    const bytes = Buffer.alloc(17 * MIB, 1);
    await world.create(bytes, { method: 'multipart' });
    await world.catalog.removePackage(ref, {
      attemptId: (await world.catalog.getPackage(ref))?.attemptId ?? '',
      states: ['pending'],
    });

    const report = await sweep(world.turned(), 0);

    expect([report.leftovers, await world.leftovers()]).toEqual([1, 0]);
  });

  test('the parts of a package that is being migrated stay until they are older than any upload may be', async () => {
    const world = new World();
    await published(world);
    const record = await findAvailable(world.catalog, ref.versionId, 'tool.zip');
    await world.other.beginMultipart(record.key, termsOf(record), {
      partSize: 16 * MIB,
      partCount: 1,
      partChecksums: true,
    });

    const early = await sweep(world.turned(), 0);
    world.pass(world.deps.limits.uploadRetentionSeconds);
    const late = await sweep(world.turned(), 0);

    expect([early.leftovers, late.leftovers]).toEqual([0, 1]);
  });

  test('a delete removes the bytes, and the copy that a migration left behind', async () => {
    const world = new World();
    await published(world);
    await moved(world);

    const deleted = await deletePackage(world.turned(), ref);

    expect(await world.memory.stat(deleted.key)).toBeUndefined();
    expect(await world.other.stat(deleted.key)).toBeUndefined();
    expect(deleted).not.toHaveProperty('movedFrom');
  });

  test('verify finds what is wrong in both, and knows the copy that a migration left behind', async () => {
    const world = new World();
    await published(world);
    await moved(world);
    const stray = {
      ...(await findAvailable(world.catalog, ref.versionId, 'tool.zip')),
      attemptId: 'unknown',
    };
    const key = stray.key.replace('tool', 'stray') as typeof stray.key;
    await world.memory.put(key, Readable.from(['the bytes']), {
      ...termsOf(stray),
      sha256: sha256Of('the bytes'),
    });

    const found = [];
    for await (const verdict of verifyStore(world.turned())) found.push(verdict);

    expect(found).toEqual([
      { outcome: 'ok', key: stray.key, size: 9 },
      { outcome: 'unowned', key, detail: 'no record owns this file of the store memory' },
    ]);
  });

  test('a package in a store that the service no longer has is not handed out, and the setting is named', async () => {
    const world = new World();
    await published(world);
    const record = await findAvailable(world.catalog, ref.versionId, 'tool.zip');

    const signing = async () => signLink({ ...world.deps, store: world.other }, record);

    await expect(signing()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('STORAGE_FALLBACK'),
    });
  });
});
