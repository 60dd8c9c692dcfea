/** Rollouts: what clients poll, of a channel that rolls out a version beside one that does not, per CPU second of the server. */
import { load } from './measure/load.ts';
import { type BenchServer, call, publish, startStowage } from './measure/stowage-server.ts';
import { reportRatio } from './measure/table.ts';

const SECONDS = 4;
const RUNS = 5;
const FILES = 20;
/** Every client has an id of its own. */
const CLIENTS = 500;

export async function benchRollouts(): Promise<void> {
  const server = await startStowage();
  try {
    for (const version of ['1.4.0', '1.5.0']) {
      for (let file = 0; file < FILES; file++)
        await publish(
          server,
          `tool-${file}`,
          Buffer.from(version + file),
          version,
          `${file}-${version}.zip`,
        );
      await publish(server, 'latest', Buffer.from(version), version, 'latest.yml');
    }
    for (const channel of ['plain', 'rolling']) await put(server, channel, { versionId: '1.4.0' });
    await put(server, 'rolling/rollout', { versionId: '1.5.0', percent: 50 });
    await compare(server, 'the answer of a channel', '', 200);
    await compare(server, 'a feed', '/latest.yml', 302);
  } finally {
    await server.stop();
  }
}

async function put(server: BenchServer, path: string, body: object): Promise<void> {
  const headers = { ...server.headers, 'content-type': 'application/json' };
  // The feeds name no files.
  const json = JSON.stringify({ ...body, skipChecks: true });
  const { status, text } = await call(`${server.url}/v1/channels/${path}`, 'PUT', headers, json);
  if (status !== 200) throw new Error(`PUT ${path} answered ${status}: ${text}`);
}

/** In turns, so that both meet the same moods of the machine. */
async function compare(
  server: BenchServer,
  what: string,
  below: string,
  expect: number,
): Promise<void> {
  const measure = (channel: string, seconds: number) =>
    load(server, {
      path: `/channels/${channel}${below}?stagingId={n}`,
      headers: server.headers,
      spreadOver: CLIENTS,
      connections: 16,
      expect,
      seconds,
    });
  for (const channel of ['plain', 'rolling']) await measure(channel, 2);
  const ratios: number[] = [];
  let detail = '';
  for (let run = 0; run < RUNS; run++) {
    const plain = await measure('plain', SECONDS);
    const rolling = await measure('rolling', SECONDS);
    ratios.push(rolling.perCpuSecond / plain.perCpuSecond);
    detail = `median of ${RUNS}; last ${Math.round(rolling.perCpuSecond)} of ${Math.round(plain.perCpuSecond)} answers per CPU second`;
  }
  ratios.sort((one, other) => one - other);
  const median = ratios[Math.floor(RUNS / 2)] ?? 0;
  reportRatio(`${what} during a rollout, beside one without`, median, 0.9, detail);
}
