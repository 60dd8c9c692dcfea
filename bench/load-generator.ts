/** The process that loads a server (bench/load.ts starts it): prints what it saw as JSON. */
import autocannon from 'autocannon';

const wanted = JSON.parse(process.argv[2] ?? '{}') as {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly seconds: number;
  readonly connections: number;
  readonly expect: number;
};

const result = await autocannon({
  url: wanted.url,
  method: wanted.method ?? 'GET',
  headers: wanted.headers ?? {},
  ...(wanted.body === undefined ? {} : { body: wanted.body }),
  connections: wanted.connections,
  duration: wanted.seconds,
});

const counts = Object.entries(result.statusCodeStats ?? {});
const right = counts
  .filter(([status]) => Number(status) === wanted.expect)
  .reduce((n, [, { count }]) => n + (count ?? 0), 0);
const all = counts.reduce((n, [, { count }]) => n + (count ?? 0), 0);
const seen = {
  requests: right,
  seconds: result.duration,
  p99Ms: result.latency.p99,
  wrong: all - right + result.errors,
};
console.log(JSON.stringify(seen));
