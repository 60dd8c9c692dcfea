/** The edges of verification: what a step does when others were there first, and when a store answers what it should not. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../../core/errors.ts';
import type { BlobInfo, BlobStore, ByteRange } from '../../../core/ports/blob-store.ts';
import type { Catalog } from '../../../core/ports/catalog.ts';
import { askAgain } from '../../../core/publishing/ask-again.ts';
import { hashInRanges, isSameVersion } from '../../../core/publishing/hash-in-ranges.ts';
import { publish, reject } from '../../../core/publishing/publish.ts';
import { ticketOf, type VerificationProgress } from '../../../core/publishing/ticket.ts';
import { verifyUpload } from '../../../core/publishing/verify-upload.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { wasmHashes } from '../../../storage/hashing/wasm-hashes.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { ref, singleRequest, World, withoutEvidence } from '../world.ts';
import { CONTENT, SteppingWorld } from './stepping.ts';

const BYTES = Buffer.from('twenty bytes of data');

/** A store that holds BYTES, and sends `sent` of each range. */
function hashing(sent: (bytes: Buffer, range: ByteRange) => Buffer = (bytes) => bytes) {
  const reads: ByteRange[] = [];
  const blob = { key: 'k', size: BYTES.length, etag: '"1"' } as unknown as BlobInfo;
  const store = {
    get: async (_key: unknown, { range }: { readonly range: ByteRange }) => {
      reads.push(range);
      return Readable.from([sent(BYTES.subarray(range.start, (range.end ?? 0) + 1), range)]);
    },
  } as unknown as BlobStore;
  const options = { store, hashes: wasmHashes, mayGoOn: async () => true, rangeBytes: 10 };
  const hash = (earlier?: VerificationProgress, more: Partial<BlobInfo> = {}) =>
    hashInRanges(options, { ...blob, ...more }, earlier);
  return { reads, hash };
}

async function progressAfter(hashedBytes: number): Promise<VerificationProgress> {
  const hash = await wasmHashes.start();
  hash.update(BYTES.subarray(0, hashedBytes));
  return { version: { etag: '"1"' }, hashedBytes, state: hash.save() };
}

describe('hashing in ranges', () => {
  const right = { outcome: 'hashed', sha256: createHash('sha256').update(BYTES).digest('hex') };

  test('reads no range beyond the end of a file that whole ranges fill', async () => {
    const { reads, hash } = hashing();

    expect(await hash()).toEqual(right);
    expect(reads).toEqual([
      { start: 0, end: 9 },
      { start: 10, end: 19 },
    ]);
  });

  test('reads nothing where all has been hashed, and all where more was hashed than there is', async () => {
    const whole = hashing();
    expect(await whole.hash(await progressAfter(20))).toEqual(right);
    expect(whole.reads).toEqual([]);
    const beyond = hashing();
    const progress = { ...(await progressAfter(20)), hashedBytes: 21 };

    expect(await beyond.hash(progress)).toEqual(right);
    expect(beyond.reads).toHaveLength(2);
  });

  test('begins again where the version of the object is another, though its ETag is the same', async () => {
    const { reads, hash } = hashing();

    expect(await hash(await progressAfter(10), { objectVersion: 'v2' })).toEqual(right);

    expect(reads).toHaveLength(2);
    expect(isSameVersion({ etag: 'a', objectVersion: 'v1' }, { etag: 'a' })).toBe(false);
    expect(isSameVersion({ etag: 'a' }, { etag: 'b' })).toBe(false);
    expect(isSameVersion({ etag: 'a' }, { etag: 'a' })).toBe(true);
  });

  test('takes no hash of a range that came with more or fewer bytes', async () => {
    const longer = hashing((bytes) => Buffer.concat([bytes, Buffer.from('+++')]));
    await expect(longer.hash()).rejects.toEqual(
      expect.objectContaining({
        code: 'UNAVAILABLE',
        message: 'k: the store sent 3 bytes more than the range that was asked for',
      }),
    );
    const shorter = hashing((bytes) => bytes.subarray(1));
    await expect(shorter.hash()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test.each(['CONFLICT', 'NOT_FOUND'] as const)(
    'says that the bytes were swapped where the store answers %s',
    async (code) => {
      const { hash } = hashing((bytes, { start }) => {
        if (start > 0) throw new ServiceError(code, 'gone');
        return bytes;
      });

      expect(await hash()).toEqual({ outcome: 'swapped' });
    },
  );
});

describe('a step of verification', () => {
  test('of a package that is gone has nothing to do', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    const { attemptId } = await world.record();
    await world.catalog.removePackage(ref, { attemptId, states: ['verifying'] });

    expect(await world.step(ticket)).toEqual({ outcome: 'ended', record: undefined });
  });

  test('leaves it to another who shows at the same moment that it works on it', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.onCall = async (name) => {
      if (name !== 'changePackage') return;
      world.onCall = () => undefined;
      const { attemptId } = await world.record();
      const now = '2026-01-02T03:05:00.000Z';
      await world.catalog.changePackage(
        ref,
        { attemptId, states: ['verifying'] },
        { touchedAt: now },
      );
    };

    expect(await world.step(ticket)).toEqual({ outcome: 'elsewhere' });
    expect(world.reads).toEqual([]);
  });

  test.each(['INTEGRITY', 'NOT_SUPPORTED'] as const)(
    'rejects the upload where the store refuses its parts for good with %s',
    async (code) => {
      const world = new SteppingWorld();
      const ticket = await world.verifying();
      world.onCall = (name) => {
        if (name === 'completeMultipart') throw new ServiceError(code, 'the parts are wrong');
      };

      expect(await world.step(ticket)).toMatchObject({
        outcome: 'ended',
        record: { state: 'rejected', rejection: { code, detail: 'the parts are wrong' } },
      });
    },
  );

  test.each(['NOT_UPLOADED', 'NOT_FOUND', 'ALREADY_EXISTS'] as const)(
    'looks at what is stored where the parts can not be joined for %s',
    async (code) => {
      const world = new SteppingWorld();
      const ticket = await world.verifying();
      world.onCall = (name) => {
        if (name === 'completeMultipart') throw new ServiceError(code, 'no');
      };

      expect(await world.step(ticket)).toMatchObject({
        outcome: 'ended',
        record: { state: 'pending' },
      });
    },
  );

  test('rejects the upload where something else is in the place of the file', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.onCall = (name) => {
      if (name !== 'stat') return;
      world.onCall = () => undefined;
      throw new ServiceError('KEY_OCCUPIED', 'a folder is there');
    };

    expect(await world.step(ticket)).toMatchObject({
      outcome: 'ended',
      record: {
        state: 'rejected',
        rejection: { code: 'KEY_OCCUPIED', detail: 'a folder is there' },
      },
    });
  });

  test('that fails makes its ticket good again at once, also when time has passed', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.pass(5);
    world.onCall = (name) => {
      if (name === 'get') throw new ServiceError('UNAVAILABLE', 'the store fails');
    };
    await expect(world.step(ticket)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    world.onCall = () => undefined;
    expect((await world.record()).touchedAt).toBe(ticket.touchedAt);

    expect(await world.step(ticket)).toMatchObject({ record: { state: 'available' } });
  });

  test('joins the parts once: what was read in part is not joined again', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    let joins = 0;
    world.onCall = (name) => void (name === 'completeMultipart' && joins++);

    expect(await world.work(ticket, 1)).toBe(4);

    expect(joins).toBe(1);
  });

  test('begins again where the bytes go after the last range was read', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.onCall = async (name) => {
      if (name !== 'stat' || world.reads.length !== 4) return;
      const info = await world.memory.stat((await world.record()).key);
      if (info !== undefined) await world.memory.delete(info.key, info);
    };

    const step = await world.step(ticket);

    expect(step).toMatchObject({ outcome: 'continues' });
    expect(step).not.toHaveProperty('next.progress');
  });

  test('writes the record once to take it and once to publish it, where it takes less than a minute', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    let writes = 0;
    world.onCall = (name) => {
      if (name === 'changePackage') writes += 1;
      if (name === 'get') world.pass(14.9);
    };

    await world.step(ticket);

    expect(writes).toBe(2);
    expect(await world.stateNow()).toBe('available');
  });

  test('reads nothing more once another has taken it over', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    world.onCall = async (name) => {
      if (name !== 'get' || world.reads.length !== 2) return;
      world.pass(61);
      const { attemptId } = await world.record();
      await world.catalog.changePackage(
        ref,
        { attemptId, states: ['verifying'] },
        { touchedAt: '2026-01-02T03:05:00.000Z' },
      );
    };

    expect(await world.step(ticket)).toEqual({ outcome: 'elsewhere' });
    expect(world.reads).toHaveLength(2);
  });

  test('rejects wrong bytes with both hashes', async () => {
    const world = new SteppingWorld();
    const ticket = await world.verifying();
    const other = CONTENT.replace('thirty', 'twenty');
    world.onCall = async (name) => {
      if (name !== 'stat') return;
      world.onCall = () => undefined;
      await world.swap(other);
    };

    await world.work(ticket);

    expect((await world.record()).rejection).toEqual({
      code: 'INTEGRITY',
      detail: `sha256 declared ${sha256Of(CONTENT)}, stored ${sha256Of(other)}`,
    });
  });
});

describe('asking again', () => {
  async function beingVerified() {
    const world = new World((store) => withoutEvidence(store));
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    const record = await completeUpload(world.deps, ref);
    world.queue.length = 0;
    return { world, record };
  }

  test('of a queue that knows what it has is done at once, and writes nothing', async () => {
    const { world, record } = await beingVerified();
    world.pass(5);

    expect(await askAgain(world.deps, record)).toBe(true);

    expect(world.queue).toHaveLength(1);
    expect(await world.catalog.getPackage(ref)).toEqual(record);
  });

  test('is done by one of two who see the same record, and says by which', async () => {
    const { world, record } = await beingVerified();
    const verification = { ...world.deps.verification, patienceSeconds: 60 };
    const deps = { ...world.deps, verification };
    world.pass(59.999);
    expect(await askAgain(deps, record)).toBe(false);
    world.pass(0.001);

    expect([await askAgain(deps, record), await askAgain(deps, record)]).toEqual([true, false]);
    expect(world.queue).toHaveLength(1);
  });

  test('a ticket without progress has no such field', async () => {
    const { record } = await beingVerified();

    expect(Object.keys(ticketOf(record))).not.toContain('progress');
  });
});

describe('the last write of an upload', () => {
  async function sent() {
    const calls: string[] = [];
    const world = new World(
      (store) =>
        new Proxy(store, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== 'function') return value;
            return (...args: readonly unknown[]) => {
              calls.push(String(name));
              return value.apply(target, args);
            };
          },
        }),
    );
    const { record } = await world.create('bytes');
    await world.send(singleRequest(await world.create('bytes')), 'bytes');
    const blob = await world.memory.stat(record.key);
    if (blob === undefined) throw new Error('nothing is stored');
    calls.length = 0;
    return { world, record, blob, calls };
  }

  test('that comes too late keeps the store from forgetting whose bytes these are', async () => {
    const { world, record, blob, calls } = await sent();
    await world.catalog.removePackage(ref, { attemptId: record.attemptId, states: ['pending'] });

    expect(await publish(world.deps, record, { outcome: 'proven', blob })).toBeUndefined();

    expect(calls).toEqual([]);
  });

  test('that comes too late to reject removes nothing', async () => {
    const { world, record, calls } = await sent();
    await world.catalog.removePackage(ref, { attemptId: record.attemptId, states: ['pending'] });

    expect(await reject(world.deps, record, { code: 'INTEGRITY', detail: 'x' })).toBeUndefined();

    expect(calls).toEqual([]);
  });

  test('is left out where the upload is pending already', async () => {
    const { world, record } = await sent();
    const catalog = new Proxy<Catalog>(world.catalog, {
      get: (target, name) => {
        if (name === 'changePackage') throw new Error('written');
        return Reflect.get(target, name).bind(target);
      },
    });

    expect(await publish({ ...world.deps, catalog }, record, { outcome: 'missing' })).toBe(record);
  });

  test('back to pending writes no rejection', async () => {
    const { world, record } = await sent();
    const changes: object[] = [];
    const catalog = new Proxy<Catalog>(world.catalog, {
      get: (target, name) =>
        name === 'changePackage'
          ? async (_ref: unknown, _expected: unknown, change: object) => void changes.push(change)
          : Reflect.get(target, name).bind(target),
    });

    await publish(
      { ...world.deps, catalog },
      { ...record, state: 'verifying' },
      {
        outcome: 'missing',
      },
    );

    expect(changes.map((change) => Object.keys(change))).toEqual([['state', 'touchedAt']]);
  });

  test('of a single upload joins no parts', async () => {
    const { world, record, calls } = await sent();
    await world.catalog.changePackage(
      ref,
      { attemptId: record.attemptId, states: ['pending'] },
      { state: 'verifying' },
    );

    expect(await verifyUpload(world.deps, ref)).toMatchObject({ state: 'available' });

    expect(calls).not.toContain('completeMultipart');
  });
});
