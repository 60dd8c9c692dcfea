/** The worker by itself, over stores in memory. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import type { BlobStore } from '../../core/ports/blob-store.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { VerificationWorker } from '../../local/verification-worker.ts';
import { ref, singleRequest, World, withoutEvidence } from '../core/world.ts';
import { LogBook } from './served.ts';

/** A package that waits for its verification; reading its bytes goes through `onRead`. */
async function waiting(onRead: () => void | Promise<void> = () => {}) {
  const world = new World((store) => reading(withoutEvidence(store), onRead));
  await world.send(singleRequest(await world.create('bytes')), 'bytes');
  await completeUpload(world.deps, ref);
  const book = new LogBook();
  const worker = new VerificationWorker({ log: book.log, firstRetryMs: 1 });
  return { world, worker, book };
}

function reading(store: BlobStore, onRead: () => void | Promise<void>): BlobStore {
  return new Proxy(store, {
    get(target, name) {
      if (name !== 'get') return Reflect.get(target, name, target);
      const get: BlobStore['get'] = async (...taken) => {
        await onRead();
        return target.get(...taken);
      };
      return get;
    },
  });
}

describe('VerificationWorker', () => {
  test('publishes what was proven, and says so in the audit', async () => {
    const { world, worker, book } = await waiting();
    worker.start(world.deps);

    await worker.enqueue(ref);
    await worker.idle();

    expect(await world.stateNow()).toBe('available');
    expect(book.lines).toMatchObject([
      {
        audit: true,
        action: 'verifyUpload',
        who: 'publisher',
        versionId: '1.0.0',
        packageId: 'tool',
        state: 'available',
      },
    ]);
  });

  test('waits until it is started', async () => {
    const { world, worker } = await waiting();
    await worker.enqueue(ref);
    expect(await world.stateNow()).toBe('verifying');

    worker.start(world.deps);
    await worker.idle();

    expect(await world.stateNow()).toBe('available');
  });

  test('reads a package once, however often it is asked', async () => {
    let reads = 0;
    const { world, worker } = await waiting(() => {
      reads += 1;
    });

    await Promise.all([worker.enqueue(ref), worker.enqueue(ref), worker.enqueue(ref)]);
    worker.start(world.deps);
    await worker.enqueue(ref);
    await worker.idle();

    expect(reads).toBe(1);
  });

  test('looks again where it is asked while it ends', async () => {
    const asked = Promise.withResolvers<void>();
    const { world, worker } = await waiting(async () => {
      // As if the upload had fallen back, and had been completed again before this run was over.
      const other = await world.catalog.getPackage(ref);
      if (other?.state !== 'verifying') return;
      await worker.enqueue(ref);
      asked.resolve();
    });
    let looks = 0;
    const catalog = new Proxy(world.catalog, {
      get(target, name) {
        if (name === 'getPackage') looks += 1;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    worker.start({ ...world.deps, catalog });

    await worker.enqueue(ref);
    await asked.promise;
    await worker.idle();

    // Two looks of the run that published (its own and the use case's), one of the run after it.
    expect([looks, await world.stateNow()]).toEqual([3, 'available']);
  });

  test('tries again where the store is not there for a while', async () => {
    let failures = 2;
    const { world, worker } = await waiting(() => {
      if (failures-- > 0) throw new ServiceError('UNAVAILABLE', 'not now');
    });
    worker.start(world.deps);

    await worker.enqueue(ref);
    await worker.idle();

    expect(await world.stateNow()).toBe('available');
  });

  test('leaves to a later asking what fails for good, and logs it', async () => {
    let broken = true;
    const { world, worker, book } = await waiting(() => {
      if (broken) throw new Error('an internal fault');
    });
    worker.start(world.deps);
    await worker.enqueue(ref);
    await worker.idle();
    expect(await world.stateNow()).toBe('verifying');
    expect(book.lines).toMatchObject([
      { packageId: 'tool', msg: 'verification failed, to be tried again' },
    ]);

    broken = false;
    await worker.enqueue(ref);
    await worker.idle();

    expect(await world.stateNow()).toBe('available');
  });

  test('begins nothing once it is stopped', async () => {
    const { world, worker } = await waiting();
    await worker.enqueue(ref);

    await worker.stop(60_000);
    worker.start(world.deps);
    await worker.enqueue(ref);
    await worker.idle();

    expect(await world.stateNow()).toBe('verifying');
  });

  test('gives up at its stop what takes too long', async () => {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { world, worker } = await waiting(() => {
      begun.resolve();
      return goOn.promise;
    });
    worker.start(world.deps);
    await worker.enqueue(ref);
    await begun.promise;

    await worker.stop(1);
    expect(await world.stateNow()).toBe('verifying');

    goOn.resolve();
    await worker.idle();
  });
});
