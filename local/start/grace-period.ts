/** Waits for work that may be left unfinished. */

/** Settles when `work` does, or after `graceMs`. It does not reject if `work` fails. */
export async function withinGrace(work: Promise<unknown>, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, graceMs);
  await Promise.race([work.catch(() => undefined), promise]);
  clearTimeout(timer);
}
