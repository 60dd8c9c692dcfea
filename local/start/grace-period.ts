/** Waiting for work that may be given up. */

/** Settles when `work` has, or after `graceMs`: what goes on then goes on unwatched. Never rejects. */
export async function withinGrace(work: Promise<unknown>, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, graceMs);
  await Promise.race([work.catch(() => undefined), promise]);
  clearTimeout(timer);
}
