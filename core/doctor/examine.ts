/** Tries promises one after the other; knows neither what they are about nor how they are tried. */
import {
  type Circumstances,
  type Finding,
  isNeeded,
  notKept,
  notTried,
  type StorePromise,
  type TrialResult,
} from './report.ts';

/** A promise, and how it is tried on a `Bench`. */
export interface Trial<Bench> extends StorePromise {
  /** The id of another promise: where that is not kept, an outcome of this one would say nothing. */
  readonly after?: string;
  /** What it throws means that the promise is not kept. */
  attempt(bench: Bench): Promise<TrialResult>;
}

/** @throws the signal's reason where it is aborted: nothing is said of a store that was looked at in part */
export async function examine<Bench>(
  trials: readonly Trial<Bench>[],
  bench: Bench,
  circumstances: Circumstances,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings = new Map<string, Finding>();
  for (const trial of trials) {
    signal.throwIfAborted();
    const { after, attempt, ...promise } = trial;
    const ground = after === undefined ? undefined : findings.get(after);
    const stands = after === undefined || ground?.verdict === 'kept';
    const outcome = stands
      ? await outcomeOf(trial, bench)
      : notTried(`it takes this: ${ground?.promise ?? after}`);
    findings.set(trial.id, { ...promise, needed: isNeeded(trial.need, circumstances), ...outcome });
  }
  signal.throwIfAborted();
  return [...findings.values()];
}

async function outcomeOf<Bench>(trial: Trial<Bench>, bench: Bench): Promise<TrialResult> {
  try {
    return await trial.attempt(bench);
  } catch (error) {
    return notKept(error instanceof Error ? error.message : String(error));
  }
}
