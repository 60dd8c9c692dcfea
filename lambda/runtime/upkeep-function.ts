/**
 * A function that no client waits for: opened once per cold start. It throws on failure, so that
 * Lambda tries again.
 */
import type { Log } from '../../service/host/log.ts';
import { once } from '../../service/host/once.ts';
import { functionLog } from './function-log.ts';

/** The parts of Lambda's context that are read. */
export interface UpkeepContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export interface UpkeepCall<Deps> {
  readonly deps: Deps;
  readonly log: Log;
  readonly context: UpkeepContext;
}

export type UpkeepHandler<Result> = (event: unknown, context: UpkeepContext) => Promise<Result>;

/** @param open called once, and again after it failed */
export function upkeepFunction<Deps, Result>(
  name: string,
  open: () => Deps | Promise<Deps>,
  work: (event: unknown, call: UpkeepCall<Deps>) => Promise<Result>,
): UpkeepHandler<Result> {
  const log = functionLog(name);
  const opened = once(async () => open());
  return async (event, context) => {
    const { awsRequestId: requestId } = context;
    try {
      return await work(event, { deps: await opened(), log: log.child({ requestId }), context });
    } catch (error) {
      // Not the error itself: Lambda would log it with every field of a foreign error.
      log.error({ err: error, requestId }, 'the call failed, to be tried again');
      throw new Error(`${name} failed; see the log of request ${requestId}`);
    }
  };
}

/**
 * Says whether there is time for more work: a fifth of the time left, but at most a minute, is kept
 * for an orderly end.
 */
export function timeOf(context: UpkeepContext): () => boolean {
  const kept = Math.min(60_000, context.getRemainingTimeInMillis() / 5);
  return () => context.getRemainingTimeInMillis() > kept;
}
