/** The process that loads a server (tools/bench/measure/load.ts starts it): prints what it saw as JSON. */
import { Agent, request } from 'node:http';
import autocannon from 'autocannon';

interface Wanted {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly seconds: number;
  readonly connections: number;
  readonly expect: number;
  readonly spreadOver?: number;
  readonly timed?: boolean;
}

const wanted = JSON.parse(process.argv[2] ?? '{}') as Wanted;
console.log(JSON.stringify(await (wanted.timed === true ? timed(wanted) : flood(wanted))));

/** As many requests as possible; autocannon needs little CPU, and gives whole milliseconds. */
async function flood({
  url,
  method = 'GET',
  headers = {},
  body,
  connections,
  seconds,
  expect,
  spreadOver,
}: Wanted) {
  const { pathname, search } = new URL(url);
  const paths = spreadOver === undefined ? {} : { requests: spread(pathname + search, spreadOver) };
  const more = { ...paths, ...(body === undefined ? {} : { body }) };
  const result = await autocannon({
    url,
    method,
    headers,
    connections,
    duration: seconds,
    ...more,
  });
  const counts = Object.entries(result.statusCodeStats ?? {}).map(([status, { count }]) => [
    Number(status),
    count ?? 0,
  ]);
  const all = counts.reduce((sum, [, count = 0]) => sum + count, 0);
  const right = counts.reduce(
    (sum, [status, count = 0]) => (status === expect ? sum + count : sum),
    0,
  );
  return {
    requests: right,
    seconds: result.duration,
    p99Ms: result.latency.p99,
    wrong: all - right + result.errors,
  };
}

/** A prime step reaches every number once, in no order that a cache could like. */
function spread(pattern: string, count: number) {
  const asked = Math.min(count, 50_000);
  return Array.from({ length: asked }, (_, index) => ({
    path: decodeURIComponent(pattern).replace(
      '{n}',
      String((index * 7919) % count).padStart(7, '0'),
    ),
  }));
}

/** One request after another on every connection, each timed to the microsecond. */
async function timed({ url, headers = {}, connections, seconds, expect }: Wanted) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const until = performance.now() + seconds * 1000;
  const times: number[] = [];
  let wrong = 0;
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const began = performance.now();
      const sent = request(url, { headers, agent }, (answer) => {
        if (answer.statusCode !== expect) wrong += 1;
        answer.resume();
        answer.on('end', () => {
          times.push(performance.now() - began);
          resolve();
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  const worker = async () => {
    while (performance.now() < until) await once();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  times.sort((a, b) => a - b);
  return {
    requests: times.length - wrong,
    seconds,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? 0,
    wrong,
  };
}
