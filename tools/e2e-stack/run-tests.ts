/** Runs the tests of test/e2e/stack as a process of its own, and reads what they wrote. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FOLDER_VARIABLE,
  type Remark,
  remarksFile,
  resultsFile,
  type StackRun,
  type TestResult,
  type Traffic,
  trafficFile,
} from './stack-run.ts';

const root = join(import.meta.dirname, '..', '..');
const JEST = join(root, 'node_modules', 'jest', 'bin', 'jest.js');

/** Resolves when they have ended, in whatever way. @param signal ends them early */
export async function runTests(folder: string, run: StackRun, signal: AbortSignal): Promise<void> {
  const words = [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', JEST],
    ...['--testMatch', '**/test/e2e/stack/stack.e2e.ts', '--runInBand', '--ci'],
    ...['--reporters', join(root, 'test', 'support', 'stack-progress.ts')],
    ...['--testNamePattern', allBut(Object.keys(run.skips))],
  ];
  const child = spawn(process.execPath, words, {
    cwd: root,
    env: { ...process.env, [FOLDER_VARIABLE]: folder },
    // Ctrl-C ends this process group alone; the program then ends the tests.
    detached: true,
    // The reporter ends the tests where this channel closes: the program was killed.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  await exited;
  signal.removeEventListener('abort', end);
}

/** A pattern of full names: jest leaves out what it does not match. */
function allBut(tests: readonly string[]): string {
  const names = tests.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return `^(?!.* (?:${names.join('|')})$)`;
}

export interface Found {
  readonly results: readonly TestResult[];
  readonly remarks: readonly Remark[];
  /** Absent where the tests did not end by themselves. */
  readonly traffic?: Traffic;
}

export async function readFound(folder: string): Promise<Found> {
  const traffic = await readIfThere(trafficFile(folder));
  return {
    results: linesOf(await readIfThere(resultsFile(folder))),
    remarks: linesOf(await readIfThere(remarksFile(folder))),
    ...(traffic === '' ? {} : { traffic: JSON.parse(traffic) as Traffic }),
  };
}

async function readIfThere(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function linesOf<Item>(text: string): readonly Item[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Item);
}
