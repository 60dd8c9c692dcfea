/** Links: stable link answers per CPU second of the server beside an empty server, latency, and batches. */
import { load } from './measure/load.ts';
import { startMeasured } from './measure/processes.ts';
import { publish, startStowage } from './measure/stowage-server.ts';
import { report, reportBelow, reportRatio } from './measure/table.ts';

const SECONDS = 8;
const PACKAGES = 100;

export async function benchLinks(): Promise<void> {
  const empty = await startMeasured(['tools/bench/empty-server.ts']);
  const server = await startStowage();
  const ids = Array.from({ length: PACKAGES }, (_, index) => `tool-${index}`);
  for (const id of ids) await publish(server, id, Buffer.from(id));
  const path = '/packages/bench/tool-7.bin';

  const base = { connections: 16, expect: 302, seconds: SECONDS };
  const warm = { ...base, seconds: 3 };
  await load(empty, { ...warm, path });
  await load(server, { ...warm, path, headers: server.headers });
  const yardstick = await load(empty, { ...base, path });
  const links = await load(server, { ...base, path, headers: server.headers });
  const detail = `${Math.round(links.perCpuSecond)} of ${Math.round(yardstick.perCpuSecond)} answers per CPU second`;
  reportRatio(
    'stable link answers, beside an empty server',
    links.perCpuSecond / yardstick.perCpuSecond,
    0.3,
    detail,
  );
  const slow = await load(empty, { ...base, path, timed: true });
  const ours = await load(server, { ...base, path, headers: server.headers, timed: true });
  reportBelow(
    'p99 of a stable link at 16 connections, in times of the empty server',
    ours.p99Ms / slow.p99Ms,
    5,
    'times',
    `${ours.p99Ms.toFixed(2)} ms, empty ${slow.p99Ms.toFixed(2)} ms`,
  );

  const batch = await load(server, {
    path: '/v1/versions/bench/links',
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ packageIds: ids }),
    connections: 4,
    expect: 200,
    seconds: SECONDS,
  });
  const linksPerSecond = batch.perCpuSecond * PACKAGES;
  report({
    what: 'links in batches of 100, per CPU second of the server',
    figure: String(Math.round(linksPerSecond)),
    goal: '>= 20000',
    met: linksPerSecond >= 20_000,
  });
  await server.stop();
  await empty.stop();
}
