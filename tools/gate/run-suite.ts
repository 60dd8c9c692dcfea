/** Runs one suite of the full gate as a process of its own, and measures it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { countTests, type TestCounts } from './count-tests.ts';

export interface Suite {
  readonly name: string;
  /** As a person types it. */
  readonly command: string;
}

export interface SuiteResult extends TestCounts {
  readonly suite: Suite;
  readonly isPassed: boolean;
  readonly seconds: number;
  /** Of the suite and of all processes that it waited for. */
  readonly cpuSeconds: number;
}

/** Where the shell writes what CPU time its children took. */
const TIMES = 3;

/**
 * Never throws: a suite that can't be started has failed.
 * @param say gets what the suite prints, as it comes
 */
export async function runSuite(
  suite: Suite,
  env: Readonly<Record<string, string | undefined>>,
  say: (text: string) => void,
): Promise<SuiteResult> {
  const began = performance.now();
  const child = spawn('bash', ['-c', `${suite.command}\ncode=$?; times >&${TIMES}; exit $code`], {
    env: { ...env, STOWAGE_NO_SKIPS: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  const times: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed.push(text);
      say(text);
    });
  }
  child.stdio[TIMES]?.on('data', (chunk: Buffer) => times.push(chunk.toString()));
  const code = await once(child, 'close').then(
    ([status]: (number | null)[]) => status,
    () => null,
  );
  const counts = countTests(printed.join(''));
  const isPassed = code === 0 && counts.failed + counts.skipped === 0;
  // A suite that ended before it could count has failed all the same.
  const failed = isPassed || counts.failed > 0 || counts.skipped > 0 ? counts.failed : 1;
  const seconds = (performance.now() - began) / 1000;
  return { ...counts, failed, suite, isPassed, seconds, cpuSeconds: cpuSecondsIn(times.join('')) };
}

/** The second line of `times`: user and system time of the children, as `1m2.345s 0m6.789s`. */
function cpuSecondsIn(text: string): number {
  const [, children = ''] = text.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}
