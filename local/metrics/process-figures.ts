/** What the process of the server uses, with the names that client libraries of Prometheus give it. */
import { readdir } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { Family } from './exposition.ts';

export async function processFamilies(): Promise<readonly Family[]> {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const openFiles = await countOpenFiles();
  return [
    one('process_cpu_seconds_total', 'counter', 'CPU time, in seconds.', (user + system) / 1e6),
    one('process_resident_memory_bytes', 'gauge', 'Resident memory, in bytes.', rss),
    one(
      'process_start_time_seconds',
      'gauge',
      'When the process began, in seconds since 1970.',
      performance.timeOrigin / 1000,
    ),
    ...(openFiles === undefined
      ? []
      : [one('process_open_fds', 'gauge', 'Open files and connections.', openFiles)]),
    one('nodejs_heap_size_used_bytes', 'gauge', 'Used heap, in bytes.', heapUsed),
    one(
      'nodejs_eventloop_active_seconds_total',
      'counter',
      'Time in which the event loop was at work. Near 1 a second: the process is busy.',
      performance.eventLoopUtilization().active / 1000,
    ),
  ];
}

export function one(name: string, type: 'counter' | 'gauge', help: string, value: number): Family {
  return { name, type, help, samples: [{ value }] };
}

/** Systems other than Linux have no such folder. */
async function countOpenFiles(): Promise<number | undefined> {
  try {
    return (await readdir('/proc/self/fd')).length;
  } catch {
    return undefined;
  }
}
