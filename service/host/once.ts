/** Work that is done once, but again where it failed. */

/** What `work` gave, for all who ask; a failure is theirs who waited for it, and the next who asks has it tried again. */
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
