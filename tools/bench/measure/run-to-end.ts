/** Runs a program to its end, and reports what it took: seconds, CPU, memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSecondsOf, peakRssOf } from './processes.ts';

const LOOK_EVERY_MS = 10;

export interface Taken {
  readonly seconds: number;
  /** User and system time; what it took after the last look, 10 ms before its end, is missing. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** @throws where it fails, with the end of what it wrote */
export async function runToEnd(
  [file = '', ...args]: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Taken> {
  const began = performance.now();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      written = (written + chunk.toString()).slice(-2000);
    });
  }
  const ended = once(child, 'exit').then(([code]) => ({
    code,
    seconds: (performance.now() - began) / 1000,
  }));
  const used = { cpuSeconds: 0, peakBytes: 0 };
  while (child.exitCode === null && child.signalCode === null) {
    try {
      used.cpuSeconds = cpuSecondsOf(child.pid ?? 0) || used.cpuSeconds;
      // NaN where the process has just ended.
      used.peakBytes = Math.max(used.peakBytes, peakRssOf(child.pid ?? 0) || 0);
    } catch {
      // It has ended, and is gone.
    }
    await delay(LOOK_EVERY_MS);
  }
  const { code, seconds } = await ended;
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${code}: ${written}`);
  return { seconds, ...used };
}
