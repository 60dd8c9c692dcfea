/** Tests every promise against one bucket, and always removes what it stored there. */
import { examine, type Trial } from '../../core/doctor/examine.ts';
import {
  type Circumstances,
  type Finding,
  isNeeded,
  kept,
  notKept,
  type StorePromise,
} from '../../core/doctor/report.ts';
import { Bench, type BenchOptions, PROBE_FOLDER } from './bench/bench.ts';
import { clear } from './bench/clear.ts';
import { BUCKET } from './trials/bucket.ts';
import { KEYS } from './trials/keys.ts';
import { MULTIPART } from './trials/multipart.ts';
import { OVERWRITING } from './trials/overwriting.ts';
import { PROOFS } from './trials/proofs.ts';
import { REACH, REACHED } from './trials/reach.ts';
import { READING } from './trials/reading.ts';
import { UPLOADS } from './trials/uploads.ts';

const TRIALS: readonly Trial<Bench>[] = [
  ...REACH,
  ...UPLOADS,
  ...OVERWRITING,
  ...MULTIPART,
  ...PROOFS,
  ...READING,
  ...KEYS,
  ...BUCKET,
];

const CLEARED: StorePromise = {
  id: 'cleared',
  group: 'The bucket',
  promise: 'what the doctor has put there is gone again',
  need: 'always',
  otherwise: `remove the files under ${PROBE_FOLDER}/, and give the key the right to list and delete`,
};

/** @throws the reason of `signal` if it is aborted, after clearing up */
export async function examineBucket(
  options: BenchOptions,
  circumstances: Circumstances,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const bench = new Bench(options);
  try {
    const findings = await clearing(bench, () => examine(TRIALS, bench, circumstances, signal));
    // If nothing was stored there, an empty folder proves nothing.
    if (findings.find(({ id }) => id === REACHED)?.verdict !== 'kept') return findings;
    return [...findings, await cleared(bench, circumstances)];
  } finally {
    await bench.close();
  }
}

async function clearing<Result>(bench: Bench, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await clear(bench.bucket, bench.begun);
    throw error;
  }
}

async function cleared(bench: Bench, circumstances: Circumstances): Promise<Finding> {
  const finding = { ...CLEARED, needed: isNeeded(CLEARED.need, circumstances) };
  try {
    const left = await clear(bench.bucket, bench.begun);
    return {
      ...finding,
      ...(left.length === 0 ? kept('all of it') : notKept(`still there: ${left.join(', ')}`)),
    };
  } catch (error) {
    return { ...finding, ...notKept(error instanceof Error ? error.message : String(error)) };
  }
}
