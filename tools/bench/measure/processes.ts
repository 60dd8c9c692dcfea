/** Processes under measurement: started on a core of their own where the platform can, asked for CPU time and memory. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..', '..', '..');
const CLOCK_TICKS_PER_SECOND =
  platform() === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'])) : 100;

/** Whether processes can be pinned (and BENCH_PIN=no does not forbid it): only then is the load generator kept off the server's core. */
export const canPin =
  process.env['BENCH_PIN'] !== 'no' &&
  platform() === 'linux' &&
  availableParallelism() > 1 &&
  hasTaskset();

const allCores = `0-${cpus().length - 1}`;

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version']);
    return true;
  } catch {
    return false;
  }
}

export interface Measured {
  readonly url: string;
  /** Milliseconds from start to the line that says where it listens. */
  readonly startMs: number;
  /** User and system time so far, of the process and of those that it has started and that run. */
  cpuSeconds(): number;
  /** Most resident memory so far, in bytes. */
  peakRssBytes(): number;
  /** Forgets the peak so far, so that `peakRssBytes` measures from now on. */
  resetPeak(): void;
  stop(): Promise<void>;
}

let pinned = false;

/** Keeps this process, and what it starts from now on without a core of its own, off core 0. */
export function leaveCoreZero(): void {
  pinned = canPin;
  if (canPin) execFileSync('taskset', ['-cp', '1', String(process.pid)]);
}

/** From now on all that is started may use all cores: where programs of several processes are compared, until `leaveCoreZero`. */
export function useAllCores(): void {
  pinned = false;
  if (canPin) execFileSync('taskset', ['-cp', allCores, String(process.pid)]);
}

/** Starts a Node script on core 0 that prints a line with its URL. */
export async function startMeasured(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const command = [process.execPath, ...args];
  const [file = '', ...rest] = pinned ? ['taskset', '-c', '0', ...command] : command;
  const began = performance.now();
  const child = spawn(file, rest, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await urlOf(child);
  const startMs = performance.now() - began;
  const pid = child.pid ?? 0;
  return {
    url,
    startMs,
    cpuSeconds: () => [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuSecondsOf(one), 0),
    peakRssBytes: () => peakRssOf(pid),
    resetPeak: () => resetPeakOf(pid),
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** The first URL that the child prints; its further output (the access log) is read and dropped. */
async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no stdout');
  const lines = createInterface({ input: child.stdout });
  const found = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const url = /https?:\/\/[^\s"]+?(?=[\s",]|$)/.exec(line);
      if (url !== null) resolve(url[0].replace(/\/$/, ''));
    });
    child.once('exit', (code) =>
      reject(new Error(`the server ended with ${code} before it listened`)),
    );
  });
  lines.close();
  child.stdout.resume();
  return found;
}

/** User and system time of a process so far. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

/** Most resident memory of a process so far, in bytes. */
export function peakRssOf(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

function resetPeakOf(pid: number): void {
  execFileSync('sh', ['-c', `echo 5 > /proc/${pid}/clear_refs`]);
}

/** A folder for one measurement, on the disk of the checkout's temporary folder, and its removal. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'stowage-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
