/**
 * What may be announced and not be published yet: bounded for each token, in all, and by the disk.
 */
import { describe, expect, test } from '@jest/globals';
import type { Principal } from '../../core/access/access.ts';
import { type PackageId, parseExt, parsePackageId } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { UploadDeps } from '../../core/publishing/deps.ts';
import {
  type Freshness,
  PendingBytes,
  SHARED,
  type Volume,
} from '../../core/publishing/pending-bytes.ts';
import { abortUpload } from '../../core/uploads/abort-upload.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { createUpload } from '../../core/uploads/create-upload.ts';
import { sweep } from '../../core/uploads/sweep.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { publisher, ref, singleRequest, World } from './world.ts';

const GIB = 1024 ** 3;
const other: Principal = { tokenId: 'other', scopes: ['publish'] };
const tooMany = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' });
const noSpace = expect.objectContaining({ code: 'OUT_OF_SPACE' });

class Announcements {
  readonly world = new World();
  readonly deps: UploadDeps;
  #count = 0;

  constructor(
    limits: { readonly token: number; readonly all: number },
    more: Partial<UploadDeps> = {},
  ) {
    this.deps = {
      ...this.world.deps,
      limits: {
        ...this.world.deps.limits,
        maxPendingBytesPerToken: limits.token,
        maxPendingBytes: limits.all,
      },
      ...more,
    };
  }

  announce(gibibytes: number, creator = publisher, packageId?: string): Promise<PackageId> {
    this.#count += 1;
    const id = parsePackageId(packageId ?? `p${this.#count}`);
    return createUpload(this.deps, creator, ref.versionId, {
      packageId: id,
      ext: parseExt('zip'),
      size: gibibytes * GIB,
      sha256: sha256Of('never sent'),
      contentType: 'application/zip',
      metadata: {},
      partChecksums: false,
    }).then(() => id);
  }

  /** How many of `count` announcements are taken, one after the other. */
  async taken(count: number, gibibytes: number, creator = publisher): Promise<number> {
    for (let taken = 0; taken < count; taken++) {
      try {
        await this.announce(gibibytes, creator);
      } catch {
        return taken;
      }
    }
    return count;
  }
}

describe('a token', () => {
  test('announces no more than it may hold, and learns what to do', async () => {
    const here = new Announcements({ token: 500 * GIB, all: 1000 * GIB });

    expect(await here.taken(61, 50)).toBe(10);

    const message = expect.stringMatching(
      /^uploads of this token .* hold 536870912000 of 536870912000 bytes.* 53687091200 .*complete or give up.*MAX_PENDING_BYTES_PER_TOKEN/,
    );
    await expect(here.announce(50)).rejects.toEqual(
      expect.objectContaining({ code: 'TOO_MANY_REQUESTS', message }),
    );
    expect(await here.taken(1, 50, other)).toBe(1);
  });

  test('does not count the same upload twice', async () => {
    const here = new Announcements({ token: 50 * GIB, all: 1000 * GIB });

    for (let times = 0; times < 3; times++) await here.announce(50, publisher, 'same');

    await expect(here.announce(1)).rejects.toEqual(tooMany);
  });

  test('gets no more by asking at the same time', async () => {
    const here = new Announcements({ token: 500 * GIB, all: 1000 * GIB });

    const answers = await Promise.allSettled(Array.from({ length: 61 }, () => here.announce(50)));

    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });
});

test('all tokens together announce no more than the service may hold', async () => {
  const here = new Announcements({ token: 500 * GIB, all: 700 * GIB });

  expect(await here.taken(61, 50)).toBe(10);
  expect(await here.taken(61, 50, other)).toBe(4);

  const message = expect.stringMatching(/MAX_PENDING_BYTES\b/);
  await expect(here.announce(50, other)).rejects.toEqual(
    expect.objectContaining({ code: 'OUT_OF_SPACE', message }),
  );
});

test('a package that is larger than the limit is refused as too large, not as one too many', async () => {
  const here = new Announcements({ token: GIB, all: 1000 * GIB });

  await expect(here.announce(2)).rejects.toEqual(
    expect.objectContaining({ code: 'INVALID_INPUT' }),
  );
});

describe('room is made', () => {
  test('by giving an upload up', async () => {
    const here = new Announcements({ token: 50 * GIB, all: 1000 * GIB });
    const packageId = await here.announce(50);
    await expect(here.announce(50)).rejects.toEqual(tooMany);

    await abortUpload(here.deps, { versionId: ref.versionId, packageId });

    expect(await here.taken(1, 50)).toBe(1);
  });

  test('by the expiry of an upload', async () => {
    const here = new Announcements({ token: 50 * GIB, all: 1000 * GIB });
    await here.announce(50);
    here.world.pass(604_801);
    expect(await sweep(here.deps, 0)).toMatchObject({ expired: 1 });

    expect(await here.taken(1, 50)).toBe(1);
  });

  test('by publishing, and not before: bytes that are being verified count', async () => {
    const here = new Announcements({ token: 5, all: 1000 * GIB });
    const { world, deps } = here;
    const create = (packageId: string) =>
      createUpload(deps, publisher, ref.versionId, {
        packageId: parsePackageId(packageId),
        ext: parseExt('zip'),
        size: 5,
        sha256: sha256Of('bytes'),
        contentType: 'application/zip',
        metadata: {},
        partChecksums: false,
      });
    const created = await create('tool');
    const { attemptId } = created.record;
    await world.catalog.changePackage(
      ref,
      { attemptId, states: ['pending'] },
      { state: 'verifying' },
    );
    await expect(create('second')).rejects.toEqual(tooMany);
    await world.catalog.changePackage(
      ref,
      { attemptId, states: ['verifying'] },
      { state: 'pending' },
    );
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(deps, ref);

    expect((await create('second')).created).toBe(true);
  });

  test('by an announcement that fails, for others at once', async () => {
    const world = new World();
    const catalog = new Proxy<Catalog>(world.catalog, {
      get: (target, name) =>
        name === 'createPackage'
          ? () => Promise.reject(new Error('away'))
          : Reflect.get(target, name).bind(target),
    });
    const here = new Announcements(
      { token: 50 * GIB, all: 1000 * GIB },
      { pending: new PendingBytes() },
    );
    const broken = { ...here.deps, catalog };
    const failing = new Announcements({ token: 50 * GIB, all: 1000 * GIB }, broken);

    await expect(failing.announce(50)).rejects.toThrow('away');

    expect(await here.taken(1, 50)).toBe(1);
  });
});

describe('where the catalog is asked only now and then', () => {
  test('what this process announced since counts, and a refusal is never based on an old answer', async () => {
    let asked = 0;
    const here = new Announcements({ token: 100 * GIB, all: 1000 * GIB });
    const { catalog } = here.world;
    const counting = new Proxy<Catalog>(catalog, {
      get: (target, name) => {
        if (name === 'pendingBytes') asked += 1;
        return Reflect.get(target, name).bind(target);
      },
    });
    const seldom = new Announcements(
      { token: 100 * GIB, all: 1000 * GIB },
      { ...here.deps, catalog: counting, pending: new PendingBytes({ freshness: SHARED }) },
    );

    const packageId = await seldom.announce(50);
    await seldom.announce(50);
    expect(asked).toBe(1);
    await expect(seldom.announce(50)).rejects.toEqual(tooMany);
    await abortUpload(here.deps, { versionId: ref.versionId, packageId });
    here.world.pass(2);
    await seldom.announce(50);

    expect(asked).toBe(2);
  });

  test('a catalog that takes long to answer is asked less often, before a refusal too', async () => {
    const here = new Announcements({ token: 50 * GIB, all: 1000 * GIB });
    let asked = 0;
    const slow = new Proxy<Catalog>(here.world.catalog, {
      get: (target, name) => {
        if (name !== 'pendingBytes') return Reflect.get(target, name).bind(target);
        return async () => {
          asked += 1;
          const until = performance.now() + 20;
          while (performance.now() < until);
          return target.pendingBytes();
        };
      },
    });
    const freshness = { seconds: 0, beforeRefusal: 0, shareOfTime: 0.0001 };
    const pending = new PendingBytes({ freshness });
    const seldom = new Announcements(
      { token: 50 * GIB, all: 1000 * GIB },
      { ...here.deps, catalog: slow, pending },
    );

    await seldom.announce(50);
    here.world.pass(100);
    await expect(seldom.announce(50)).rejects.toEqual(tooMany);

    expect(asked).toBe(1);
  });

  test('what other processes announced is seen once the answer is old', async () => {
    const here = new Announcements({ token: 70 * GIB, all: 1000 * GIB });
    const pending = new PendingBytes({ freshness: SHARED });
    const seldom = new Announcements(
      { token: 70 * GIB, all: 1000 * GIB },
      { ...here.deps, pending },
    );
    await seldom.announce(10, publisher, 'first');
    await here.announce(50, publisher, 'of-another-process');
    here.world.pass(16);

    await expect(seldom.announce(20, publisher, 'late')).rejects.toEqual(tooMany);
  });
});

describe('on a disk', () => {
  const volume = (gibibytes: { free: number; received?: number }): Volume => ({
    freeBytes: async () => gibibytes.free * GIB,
    receivedBytes: async () => (gibibytes.received ?? 0) * GIB,
  });

  test('no more is announced than it has room for', async () => {
    const here = new Announcements(
      { token: 900 * GIB, all: 1000 * GIB },
      { pending: new PendingBytes({ volume: volume({ free: 120 }) }) },
    );

    expect(await here.taken(61, 50)).toBe(2);

    const message = expect.stringMatching(/the disk has room for 128849018880 bytes/);
    await expect(here.announce(50)).rejects.toEqual(
      expect.objectContaining({ code: 'OUT_OF_SPACE', message }),
    );
    expect(await here.taken(1, 20)).toBe(1);
  });

  test('bytes that have arrived already need no more room', async () => {
    const gibibytes = { free: 100, received: 0 };
    const here = new Announcements(
      { token: 900 * GIB, all: 1000 * GIB },
      { pending: new PendingBytes({ volume: volume(gibibytes) }) },
    );
    await here.announce(50);
    gibibytes.free = 55;
    await expect(here.announce(30)).rejects.toEqual(noSpace);
    gibibytes.received = 45;

    expect(await here.taken(1, 30)).toBe(1);
  });
});

describe('within one process', () => {
  const limits = { maxPendingBytesPerToken: 60, maxPendingBytes: 1000 };

  /** A catalog that is asked now and then, and answers when it is let. */
  function counting(freshness: Freshness = { seconds: 15, beforeRefusal: 15 }, volume?: Volume) {
    const state = { now: 0 };
    const answers: ((bytes: Record<string, number>) => void)[] = [];
    let pendingBytes = () => Promise.resolve(new Map<string, number>());
    const asked = { times: 0 };
    const pending = new PendingBytes({ freshness, ...(volume && { volume }) });
    const deps = {
      catalog: {
        pendingBytes: () => {
          asked.times += 1;
          return pendingBytes();
        },
      },
      clock: () => new Date(state.now),
      limits,
    };
    return {
      state,
      asked,
      answers,
      holdAnswers: () => {
        pendingBytes = () =>
          new Promise((resolve) =>
            answers.push((bytes) => resolve(new Map(Object.entries(bytes)))),
          );
      },
      enter: (bytes: number, tokenId = 'a', entered = true) =>
        pending.within(deps, tokenId, bytes, async () => (entered ? 'entered' : undefined)),
    };
  }

  test('what one token announced leaves the room of another as it is', async () => {
    const { enter } = counting();
    await enter(50, 'a');

    expect(await enter(60, 'b')).toBe('entered');
    await expect(enter(11, 'a')).rejects.toEqual(tooMany);
  });

  test('an announcement that wrote no record makes room at once, though the catalog is not asked again', async () => {
    const { enter, asked } = counting();
    expect(await enter(60, 'a', false)).toBeUndefined();

    expect(await enter(60, 'a')).toBe('entered');
    expect(asked.times).toBe(1);
  });

  test('the catalog is asked again after as many seconds as were set, and not before', async () => {
    const { enter, asked, state } = counting();
    await enter(1);
    state.now += 14_999;
    await enter(1);
    expect(asked.times).toBe(1);
    state.now += 1;

    await enter(1);

    expect(asked.times).toBe(2);
  });

  test('an older answer that comes late does not take the place of a newer one', async () => {
    const { enter, answers, holdAnswers } = counting();
    holdAnswers();
    const first = enter(1);
    const second = enter(1);
    await new Promise((resolve) => setImmediate(resolve));
    answers[1]?.({ a: 50 });
    await second;
    answers[0]?.({});
    await first;

    await expect(enter(20)).rejects.toEqual(tooMany);
  });

  test('what has arrived on the disk is counted only where there is no room without it, and named', async () => {
    let counted = 0;
    const volume: Volume = {
      freeBytes: async () => 30,
      receivedBytes: async () => {
        counted += 1;
        return 5;
      },
    };
    const { enter } = counting(undefined, volume);
    await enter(30);
    expect(counted).toBe(0);

    await expect(enter(6)).rejects.toMatchObject({
      code: 'OUT_OF_SPACE',
      message: expect.stringContaining('the disk has room for 35 bytes of uploads'),
    });
    expect(counted).toBe(1);
  });
});
