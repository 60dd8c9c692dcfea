/** Load from a process of its own, on the core that the server does not have: requests as fast as they are answered, for a bounded time. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Measured } from './processes.ts';

export interface Load {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly seconds: number;
  /** Requests in flight. */
  readonly connections: number;
  readonly expect: number;
  /** Asks for as many paths in turn, `{n}` in the path being a number below this, of seven digits, spread over all. */
  readonly spreadOver?: number;
  /** For latency: plain requests, timed one by one in microseconds, instead of as many as can be. */
  readonly timed?: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly p99Ms: number;
}

const run = promisify(execFile);

/** Runs a load against a server. @throws where an answer has another status than expected */
export async function load(server: Measured, load: Load): Promise<LoadResult> {
  const before = server.cpuSeconds();
  const script = [
    `${import.meta.dirname}/load-generator.ts`,
    JSON.stringify({ ...load, url: server.url + load.path }),
  ];
  const { stdout } = await run(process.execPath, script);
  const result = JSON.parse(stdout) as {
    requests: number;
    seconds: number;
    p99Ms: number;
    wrong: number;
  };
  if (result.wrong > 0)
    throw new Error(`${result.wrong} answers to ${load.path} were not ${load.expect}`);
  return {
    requests: result.requests,
    perCpuSecond: result.requests / (server.cpuSeconds() - before),
    perSecond: result.requests / result.seconds,
    p99Ms: result.p99Ms,
  };
}
