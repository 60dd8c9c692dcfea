/** A function that nobody waits for: composed once a cold start; what it throws, its caller tries again. */
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

/** @param open asked once, and again where it failed */
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
      // Lambda would log it as it is: with every field of a foreign error.
      log.error({ err: error, requestId }, 'the call failed, to be tried again');
      throw new Error(`${name} failed; request ${requestId} tells more`);
    }
  };
}

/** Says whether there is time for more: a fifth of what was given, at most a minute, is kept to end in order. */
export function timeOf(context: UpkeepContext): () => boolean {
  const kept = Math.min(60_000, context.getRemainingTimeInMillis() / 5);
  return () => context.getRemainingTimeInMillis() > kept;
}
