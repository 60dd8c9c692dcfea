/** Work that is done once, and tried again only after it failed. */

/**
 * Returns a function that runs `work` at the first call and gives all callers its result. When it
 * fails, those who wait get the error, and the next call tries again.
 */
export function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  return () => {
    running ??= work().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
