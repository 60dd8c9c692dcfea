/** The edges of an upload: the sizes and moments at which something changes, and what a publisher reads who is refused. */
import { describe, expect, test } from '@jest/globals';
import { parseExt } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { methodFor, partPlanFor, partTerms } from '../../core/proof/part-plan.ts';
import { proveByEvidence } from '../../core/proof/proof.ts';
import { PendingBytes } from '../../core/publishing/pending-bytes.ts';
import { rejectionError } from '../../core/publishing/publish.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { createUpload } from '../../core/uploads/create-upload.ts';
import { getUpload, signParts } from '../../core/uploads/parts.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { MIB, partRequests, publisher, ref, singleRequest, World } from './world.ts';

const refusal = (code: string, message: string) => expect.objectContaining({ code, message });

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

/** `world`, with one method of its catalog in another's hands. */
function withCatalog(world: World, method: keyof Catalog, instead: (...args: never[]) => unknown) {
  const catalog = new Proxy<Catalog>(world.catalog, {
    get: (target, name) => (name === method ? instead : Reflect.get(target, name).bind(target)),
  });
  return { ...world.deps, catalog };
}

describe('what a publisher reads', () => {
  test('who completes, gives up or asks for what does not exist', async () => {
    const { deps } = new World();

    await expect(completeUpload(deps, ref)).rejects.toEqual(
      refusal('NOT_FOUND', 'version 1.0.0 has no package tool'),
    );
    const noUpload = refusal('NOT_FOUND', 'version 1.0.0 has no upload of tool');
    await expect(abortUpload(deps, ref)).rejects.toEqual(noUpload);
    await expect(signParts(deps, ref, [1], undefined)).rejects.toEqual(noUpload);
    await expect(getUpload(deps, ref)).rejects.toEqual(noUpload);
  });

  test('who completes before the bytes are there', async () => {
    const world = new World();
    const { record } = await world.create('bytes');

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(
      refusal(
        'NOT_UPLOADED',
        `nothing is stored under ${record.key} yet; send the request of the upload first`,
      ),
    );
  });

  test('whose bytes were those of an earlier attempt', async () => {
    const world = new World();
    const late = singleRequest(await world.create('bytes'));
    await abortUpload(world.deps, ref);
    await world.create('bytes');
    await world.send(late, 'bytes');

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(
      refusal(
        'NOT_UPLOADED',
        'bytes of an earlier attempt were stored there and are removed now; send the request again',
      ),
    );
  });

  test('of the parts that are missing: all of 20, of more the first 20', async () => {
    for (const [count, tail] of [
      [20, ''],
      [21, ', ...'],
    ] as const) {
      const world = new World();
      await world.create('', { size: count * 16 * MIB, sha256: sha256Of('x') });
      const named = Array.from({ length: 20 }, (_, index) => index + 1).join(', ');

      await expect(completeUpload(world.deps, ref)).rejects.toEqual(
        refusal('NOT_UPLOADED', `${count} of ${count} parts are missing: ${named}${tail}`),
      );
    }
  });

  test('whose parts the store has dropped', async () => {
    const world = new World();
    const { record } = await world.create('bytes', { method: 'multipart' });
    if (record.plan.method !== 'multipart') throw new Error('not in parts');
    await world.memory.abortMultipart({ key: record.key, uploadId: record.plan.uploadId });

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(
      refusal(
        'NOT_UPLOADED',
        'the store has dropped the parts of this upload; abort it and create the package again',
      ),
    );
    expect(await world.stateNow()).toBe('pending');
  });

  test('who gives up what is published, and who asks for parts of it', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    await completeUpload(world.deps, ref);

    await expect(abortUpload(world.deps, ref)).rejects.toEqual(
      refusal(
        'CONFLICT',
        'tool is published (available): only an unfinished upload can be given up; delete the package instead',
      ),
    );
    await expect(signParts(world.deps, ref, [1], undefined)).rejects.toEqual(
      refusal('CONFLICT', 'the upload of tool is over: it is available'),
    );
  });

  test('who asks for parts of a single upload, twice the same part, or with the wrong checksums', async () => {
    const world = new World();
    await world.create('bytes');
    await expect(signParts(world.deps, ref, [1], undefined)).rejects.toEqual(
      refusal('INVALID_INPUT', 'this upload is a single request and has no parts'),
    );
    await abortUpload(world.deps, ref);
    await world.create('bytes', { method: 'multipart' });
    await expect(signParts(world.deps, ref, [1, 1], undefined)).rejects.toEqual(
      refusal('INVALID_INPUT', 'partNumbers must not name a part twice'),
    );
    await expect(signParts(world.deps, ref, [1], [sha256Of('x')])).rejects.toEqual(
      refusal(
        'INVALID_INPUT',
        'this upload was created with partChecksums false: it takes no sha256s',
      ),
    );
    await abortUpload(world.deps, ref);
    await world.create('bytes', { method: 'multipart', partChecksums: true });
    await expect(signParts(world.deps, ref, [1], undefined)).rejects.toEqual(
      refusal(
        'INVALID_INPUT',
        'this upload was created with partChecksums true: it needs sha256s, one for each part',
      ),
    );
    await expect(signParts(world.deps, ref, [1], [])).rejects.toEqual(
      refusal('INVALID_INPUT', 'sha256s must have one entry for each of 1 partNumbers, got 0'),
    );
  });

  test('whose name is taken, was deleted, or is uploaded by another', async () => {
    const world = new World();
    await world.create('bytes');
    await expect(world.create('other')).rejects.toMatchObject({ code: 'UPLOAD_IN_PROGRESS' });
    const created = await world.create('bytes');
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(world.deps, ref);

    await expect(world.create('other')).rejects.toEqual(
      refusal('ALREADY_EXISTS', 'package tool of version 1.0.0 is taken by other bytes'),
    );
    for (const one of [{ size: 6 }, { sha256: sha256Of('x') }]) {
      await expect(world.create('bytes', one)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    }
  });

  test('whose package is too large', async () => {
    const world = new World();
    const most = 50 * 1024 * MIB;

    await expect(world.create('', { size: most + 1 })).rejects.toEqual(
      refusal('INVALID_INPUT', `size must be from 1 to ${most} bytes, got ${most + 1}`),
    );
    expect((await world.create('', { size: most })).created).toBe(true);
  });

  test('where others change the upload at the same time, again and again', async () => {
    const world = new World();
    const created = await world.create('bytes');
    let tries = 0;
    const completing = withCatalog(world, 'changePackage', async () => {
      tries += 1;
      return undefined;
    });
    await world.send(singleRequest(created), 'bytes');

    await expect(completeUpload(completing, ref)).rejects.toEqual(
      refusal('CONFLICT', 'tool is being changed by others at the same time; ask again'),
    );
    expect(tries).toBe(5);
  });

  test('whose upload was rejected', async () => {
    const world = new World();
    const { record } = await world.create('bytes');

    expect(rejectionError(record)).toEqual(
      refusal(
        'INTEGRITY',
        'the bytes were not what was declared; create the package again to send it again',
      ),
    );
    const rejection = { code: 'KEY_OCCUPIED', detail: 'why' } as const;
    expect(rejectionError({ ...record, rejection })).toEqual(
      refusal('KEY_OCCUPIED', 'why; create the package again to send it again'),
    );
  });

  test('under whose key bytes lie that no record owns', async () => {
    const world = new World();
    const { record } = await world.create('bytes');
    world.memory.plant(record.key, Buffer.from('somebody else'));

    await expect(completeUpload(world.deps, ref)).rejects.toEqual(
      refusal(
        'KEY_OCCUPIED',
        `${record.key} already holds a file that Stowage did not upload (size declared 5, stored 13); move it away first; create the package again to send it again`,
      ),
    );
    await abortUpload(world.deps, ref);
    await expect(world.create('bytes')).rejects.toEqual(
      refusal(
        'KEY_OCCUPIED',
        `${record.key} already holds a file that Stowage did not upload; move it away first`,
      ),
    );
  });

  test.each([
    ['a token', { maxPendingBytesPerToken: 9 }, 0, 'TOO_MANY_REQUESTS'],
    ['all tokens', { maxPendingBytes: 9 }, 0, 'OUT_OF_SPACE'],
    ['the disk', {}, 9, 'OUT_OF_SPACE'],
  ] as const)(
    'where the limit of %s is reached, to the byte',
    async (_what, limits, free, code) => {
      const world = new World();
      const volume = { freeBytes: async () => free, receivedBytes: async () => 0 };
      const deps = {
        ...world.deps,
        limits: { ...world.deps.limits, ...limits },
        pending: new PendingBytes(free > 0 ? { volume } : {}),
      };
      const enter = (bytes: number) =>
        deps.pending.within(deps, 'publisher', bytes, async () => 'entered');
      expect(await enter(5)).toBe('entered');

      const needs =
        '5 of 9 bytes, and this one needs 5 more: complete or give up uploads, or raise';
      const expected = {
        'a token': `uploads of this token that are not published yet hold ${needs} MAX_PENDING_BYTES_PER_TOKEN`,
        'all tokens': `uploads that are not published yet hold ${needs} MAX_PENDING_BYTES`,
        'the disk':
          'the disk has room for 9 bytes of uploads; those that are not published yet hold 5 bytes, and this one needs 5 more: free some space, or give up uploads',
      }[_what];
      await world.create('bytes');
      await expect(enter(5)).rejects.toEqual(refusal(code, expected));
      expect(await enter(4)).toBe('entered');
    },
  );
});

describe('sizes', () => {
  test('go in one request up to the limit of the service, and in parts above', async () => {
    const announced = async (size: number) => {
      const world = new World();
      const deps = {
        ...world.deps,
        limits: { ...world.deps.limits, singleUploadBytes: 200 * MIB },
      };
      const { record } = await createUpload(deps, publisher, ref.versionId, {
        packageId: ref.packageId,
        ext: parseExt('zip'),
        size,
        sha256: sha256Of('bytes'),
        contentType: 'application/zip',
        metadata: {},
        partChecksums: false,
      });
      return record.plan.method;
    };

    expect(await announced(200 * MIB)).toBe('single');
    expect(await announced(200 * MIB + 1)).toBe('multipart');
  });

  test('of up to 100 MiB go in one request, of more in parts, unless the publisher says', () => {
    expect(methodFor(100 * MIB, undefined)).toBe('single');
    expect(methodFor(100 * MIB + 1, undefined)).toBe('multipart');
    expect(methodFor(1, 'multipart')).toBe('multipart');
    expect(methodFor(5 * 1024 * MIB, 'single')).toBe('single');
    expect(thrownBy(() => methodFor(5 * 1024 * MIB + 1, 'single'))).toEqual(
      refusal('INVALID_INPUT', 'method single takes at most 5368709120 bytes, got 5368709121'),
    );
    expect(methodFor(5 * 1024 * MIB + 1, 'multipart')).toBe('multipart');
  });

  test('of parts are 16 MiB, or as many whole MiB as make 10,000 parts do', () => {
    expect(partPlanFor(16 * MIB, false)).toEqual({
      partSize: 16 * MIB,
      partCount: 1,
      partChecksums: false,
    });
    expect(partPlanFor(16 * MIB + 1, true)).toMatchObject({ partCount: 2, partChecksums: true });
    expect(partPlanFor(160_000 * MIB, false)).toMatchObject({
      partSize: 16 * MIB,
      partCount: 10_000,
    });
    expect(partPlanFor(160_000 * MIB + 1, false)).toMatchObject({ partSize: 17 * MIB });
  });

  test('of the last part are what is left', () => {
    const plan = { partSize: 10, partCount: 3, partChecksums: false };

    expect(partTerms(25, plan, 1)).toEqual({ partNumber: 1, size: 10 });
    expect(partTerms(25, plan, 3)).toEqual({ partNumber: 3, size: 5 });
    expect(partTerms(25, plan, 3, 'aa')).toEqual({ partNumber: 3, size: 5, sha256: 'aa' });
    for (const partNumber of [0, 4]) {
      expect(thrownBy(() => partTerms(25, plan, partNumber))).toEqual(
        refusal('INVALID_INPUT', `partNumber must be from 1 to 3, got ${partNumber}`),
      );
    }
  });

  test('of answers: the first 100 parts are signed with the upload, none where they need checksums', async () => {
    const world = new World();
    const created = await world.create('', { size: 101 * 16 * MIB });
    expect(created.upload).toMatchObject({ partSize: 16 * MIB, partCount: 101 });
    expect(partRequests(created)).toHaveLength(100);
    await abortUpload(world.deps, ref);
    const checked = await world.create('', { size: 101 * 16 * MIB, partChecksums: true });
    expect(partRequests(checked)).toEqual([]);
  });
});

describe('moments', () => {
  test('a record is written again once a hundredth of the retention has passed, not before', async () => {
    const world = new World();
    const { record } = await world.create('bytes');
    world.pass(6047.999);
    expect((await world.create('bytes')).record.touchedAt).toBe(record.touchedAt);
    world.pass(0.001);

    expect((await world.create('bytes')).record.touchedAt).toBe(world.now.toISOString());
  });

  test('an upload ends when its retention has passed since the last touch, to the second', async () => {
    const world = new World();
    const created = await world.create('bytes');
    expect(created.upload?.expiresAt).toEqual(new Date('2026-01-09T03:04:05.000Z'));
    world.pass(604_799);
    expect(await sweep(world.deps, 0)).toMatchObject({ expired: 0 });
    world.pass(1);

    expect(await sweep(world.deps, 0)).toMatchObject({ expired: 1 });
    expect(await world.stateNow()).toBeUndefined();
  });

  test('the sweep publishes what arrived once its requests are dead, and not before', async () => {
    const world = new World();
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    world.pass(899);
    expect(await sweep(world.deps, 0)).toMatchObject({ finished: 0 });
    world.pass(1);

    expect(await sweep(world.deps, 0)).toMatchObject({ finished: 1 });
    expect(await world.stateNow()).toBe('available');
  });

  test('leftovers are removed once they are as old as the grace, and not before', async () => {
    const world = new World();
    const late = singleRequest(await world.create('bytes'));
    await abortUpload(world.deps, ref);
    await world.send(late, 'bytes');
    world.pass(9);
    expect(await sweep(world.deps, 10)).toMatchObject({ leftovers: 0 });
    world.pass(1);

    expect(await sweep(world.deps, 10)).toMatchObject({ leftovers: 1 });
    expect(await world.leftovers()).toBe(0);
  });
});

test.each([
  ['contentType', 'content type declared application/zip, stored x'],
  ['contentDisposition', 'content disposition declared attachment; filename=tool.zip, stored x'],
  ['cacheControl', 'cache control declared private, max-age=31536000, immutable, stored x'],
  ['contentEncoding', 'content encoding declared none, stored x'],
  ['websiteRedirect', 'redirect declared none, stored x'],
])('bytes whose %s is another than was declared are refuted in words', async (header, reason) => {
  const world = new World();
  const created = await world.create('bytes');
  await world.send(singleRequest(created), 'bytes');
  const { record } = created;
  const right = {
    contentType: 'application/zip',
    contentDisposition: 'attachment; filename=tool.zip',
    cacheControl: 'private, max-age=31536000, immutable',
  };
  const proofWith = async (storedHeaders: Record<string, string>) => {
    const info = await world.memory.stat(record.key);
    if (info === undefined) throw new Error('nothing is stored');
    const store = new Proxy(world.memory, {
      get: (target, name) =>
        name === 'stat'
          ? async () => ({ ...info, storedHeaders })
          : Reflect.get(target, name).bind(target),
    });
    return proveByEvidence(store, record);
  };

  expect(await proofWith(right)).toMatchObject({ outcome: 'proven' });
  expect(await proofWith({ ...right, [header]: 'x' })).toMatchObject({
    outcome: 'refuted',
    reason,
  });
});
