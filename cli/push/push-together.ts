/** Pushes files at the same time: small ones four at a time, large ones alone, in their order. */
import type { UploadReport } from '../../client/upload.ts';
import { methodFor } from '../../core/proof/part-plan.ts';
import type { HashedItem } from './hash-file.ts';

const AT_ONCE = 4;
/** Sending larger files together would gain nothing: one fills the line. */
const SMALL_BYTES = 16 * 1024 * 1024;

type PushOne = (item: HashedItem, onAnnounced: () => void) => Promise<UploadReport>;

/**
 * Files are announced in their order, so that the same files get the same packageIds each time.
 * @param mayGoOn false after an error that would stop the other files too: no other is begun
 * @returns a promise for each file; those that are not begun never settle
 */
export function pushTogether(
  items: readonly HashedItem[],
  pushOne: PushOne,
  mayGoOn: (error: unknown) => boolean,
): {
  readonly results: ReadonlyMap<HashedItem, Promise<UploadReport>>;
  readonly settled: Promise<void>;
} {
  const slots = items.map((item) => ({ item, ...Promise.withResolvers<UploadReport>() }));
  for (const { promise } of slots) promise.catch(() => undefined);
  let isStopped = false;
  const run = async () => {
    const running = new Map<Promise<void>, number>();
    for (const { item, resolve, reject } of slots) {
      const weight = weightOf(item);
      while (sum(running) + weight > AT_ONCE) await Promise.race(running.keys());
      if (isStopped) break;
      const announced = Promise.withResolvers<void>();
      const one: Promise<void> = pushOne(item, announced.resolve)
        .then(resolve, (error: unknown) => {
          isStopped ||= !mayGoOn(error);
          reject(error);
        })
        .finally(() => running.delete(one));
      running.set(one, weight);
      await announced.promise;
    }
    await Promise.all(running.keys());
  };
  return { results: new Map(slots.map(({ item, promise }) => [item, promise])), settled: run() };
}

function weightOf({ size }: HashedItem): number {
  return size > SMALL_BYTES || methodFor(size, undefined) === 'multipart' ? AT_ONCE : 1;
}

function sum(running: ReadonlyMap<unknown, number>): number {
  return [...running.values()].reduce((sum, weight) => sum + weight, 0);
}
