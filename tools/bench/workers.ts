/** Links from a server of two processes beside one: answers per CPU second, and in a second where there are cores. */
import { cpus } from 'node:os';
import { load } from './measure/load.ts';
import { leaveCoreZero, useAllCores } from './measure/processes.ts';
import { publish, startStowage } from './measure/stowage-server.ts';
import { reportRatio } from './measure/table.ts';

const SECONDS = 3;
const RUNS = 5;
/** The load takes one, and the system some. */
const CORES_FOR_SPEED = 4;
const PATH = '/packages/bench/tool.bin';

export async function benchWorkers(): Promise<void> {
  useAllCores();
  const one = await startStowage();
  const two = await startStowage({}, ['--workers', '2']);
  const perCpuSecond: number[] = [];
  const perSecond: number[] = [];
  try {
    for (const server of [one, two]) await publish(server, 'tool', Buffer.from('tool'));
    for (let run = 0; run < RUNS; run++) {
      const [ofOne, ofTwo] = [await links(one), await links(two)];
      perCpuSecond.push(ofTwo.perCpuSecond / ofOne.perCpuSecond);
      perSecond.push(ofTwo.perSecond / ofOne.perSecond);
    }
  } finally {
    await one.stop();
    await two.stop();
    leaveCoreZero();
  }
  const cores = cpus().length;
  const detail = `median of ${RUNS}, ${cores} cores`;
  reportRatio('two processes beside one, per CPU second', median(perCpuSecond), 0.9, detail);
  if (cores >= CORES_FOR_SPEED)
    reportRatio('two processes beside one, per second', median(perSecond), 1.6, detail);
}

function links(server: Awaited<ReturnType<typeof startStowage>>) {
  const { headers } = server;
  return load(server, { path: PATH, headers, connections: 16, expect: 302, seconds: SECONDS });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
