/**
 * Tests promises one after the other. Knows neither what they are about nor how they are tested.
 */
import {
  type Circumstances,
  type Finding,
  isNeeded,
  notKept,
  notTried,
  type StorePromise,
  type TrialResult,
} from './report.ts';

/** A promise, and how it is tested on a `Bench`. */
export interface Trial<Bench> extends StorePromise {
  /**
   * The id of another promise. If that one is not kept, a result of this one would mean nothing.
   */
  readonly after?: string;
  /** If it throws, the promise is not kept. */
  attempt(bench: Bench): Promise<TrialResult>;
}

/**
 * @throws the reason of the signal if it is aborted: a store that was tested in part gets no report
 */
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
    const mayRun = after === undefined || ground?.verdict === 'kept';
    const outcome = mayRun
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
