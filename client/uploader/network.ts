/** Waits until a connection may be worth another try. */
import { delay } from '../retry.ts';

interface OnlineEvents {
  addEventListener?(type: 'online', listener: () => void): void;
  removeEventListener?(type: 'online', listener: () => void): void;
}

/** Settles when the browser says that it is online again, after `milliseconds`, or on abort. */
export async function networkOrTime(milliseconds: number, signal: AbortSignal): Promise<void> {
  const page = globalThis as unknown as OnlineEvents;
  const back = Promise.withResolvers<void>();
  page.addEventListener?.('online', back.resolve);
  const done = new AbortController();
  const pause = delay(milliseconds, AbortSignal.any([signal, done.signal]));
  await Promise.race([back.promise, pause]).catch(() => {});
  page.removeEventListener?.('online', back.resolve);
  done.abort();
  await pause.catch(() => {});
}
