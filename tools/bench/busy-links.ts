/** Latency of links while large uploads run, beside the idle server. All processes may use all cores. */
import { load } from './measure/load.ts';
import { leaveCoreZero, useAllCores } from './measure/processes.ts';
import { publish, startStowage } from './measure/stowage-server.ts';
import { reportBelow } from './measure/table.ts';
import { uploadTogether } from './uploads.ts';

const SECONDS = 5;
const RUNS = 3;
const UPLOADS = 4;
const PATH = '/packages/bench/tool.bin';

export async function benchBusyLinks(): Promise<void> {
  useAllCores();
  const server = await startStowage();
  const ratios: number[] = [];
  let detail = '';
  try {
    await publish(server, 'tool', Buffer.from('tool'));
    const { headers } = server;
    const asked = { path: PATH, headers, connections: 16, expect: 302, seconds: SECONDS };
    for (let run = 0; run < RUNS; run++) {
      const idle = await load(server, { ...asked, timed: true });
      const uploading = uploadTogether(server, UPLOADS, run);
      const busy = await load(server, { ...asked, timed: true });
      await uploading;
      ratios.push(busy.p99Ms / idle.p99Ms);
      detail = `last ${busy.p99Ms.toFixed(1)} ms, idle ${idle.p99Ms.toFixed(1)} ms`;
    }
  } finally {
    await server.stop();
    leaveCoreZero();
  }
  ratios.sort((a, b) => a - b);
  const what = `p99 of a stable link while ${UPLOADS} uploads of 1 GiB run`;
  reportBelow(what, ratios[1] ?? 0, 4, 'times the idle one', `median of ${RUNS}; ${detail}`);
}
