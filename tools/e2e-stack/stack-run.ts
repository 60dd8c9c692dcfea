/** One run against a deployed stack: what the program that starts it and the tests in it share. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outputs } from '../../test/support/deployed/deployed-stack.ts';

/** Names the folder of the run to the tests. */
export const FOLDER_VARIABLE = 'STOWAGE_E2E_FOLDER';

/** Every version, of every run: what begins like this may be removed. */
export const EVERY_RUN = '1.0+e2e-';

export interface StackRun {
  readonly stackName: string;
  readonly region: string;
  readonly outputs: Outputs;
  /** How every version of the run begins. */
  readonly versionPrefix: string;
  readonly adminToken: string;
  /** When it expires by itself, in case that no one removes it. */
  readonly tokensExpireAt: string;
  readonly corsOrigin: string;
  readonly startedAt: string;
  /** Tests that can not be run here, by name, and why. */
  readonly skips: Readonly<Record<string, string>>;
}

/** What a test says beside its result, a line each. */
export interface Remark {
  /** The full name of the test. */
  readonly test: string;
  readonly note?: string;
  /** Set where the test found out only then that it verifies nothing here. */
  readonly skipped?: string;
}

/** What the tests sent and got. */
export interface Traffic {
  /** Requests to the API, to the bucket, to the CDN. */
  readonly api: number;
  readonly bucket: number;
  readonly cdn: number;
  /** Requests that were sent again because the API was busy. */
  readonly throttled: number;
  /** Bytes that came from the CDN. */
  readonly cdnBytes: number;
  /** Requests that make the CDN forget a file. */
  readonly recalls: number;
}

/** Of one test, as the reporter writes it, a line each. */
export interface TestResult {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly fullName: string;
  readonly status: string;
  readonly duration?: number | null;
  readonly failureMessages: readonly string[];
}

export async function writeRun(folder: string, run: StackRun): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'run.json'), JSON.stringify(run), { mode: 0o600 });
}

export async function readRun(folder: string): Promise<StackRun> {
  return JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as StackRun;
}

export function remarksFile(folder: string): string {
  return join(folder, 'remarks.jsonl');
}

export function resultsFile(folder: string): string {
  return join(folder, 'results.jsonl');
}

export function trafficFile(folder: string): string {
  return join(folder, 'traffic.json');
}
