/** GET /metrics of a server: what it counts, as promtool and Prometheus read it. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { StowageClient } from '../../client/stowage-client.ts';
import { uploadPackage } from '../../client/upload.ts';
import { ServiceError } from '../../core/errors.ts';
import { writeMetrics } from '../../local/metrics/exposition.ts';
import { RequestCounts } from '../../local/metrics/request-counts.ts';
import { FailureCounts } from '../../local/metrics/watch-failures.ts';
import { promtool } from '../../tools/servers/debian-packages.ts';
import { type Served, Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

interface Scraped extends Served {
  readonly client: StowageClient;
  readonly folder: string;
  /** The samples by their names with labels. */
  readonly scrape: () => Promise<ReadonlyMap<string, number>>;
  readonly text: () => Promise<string>;
}

async function start(env: Readonly<Record<string, string>> = {}, workers = 0): Promise<Scraped> {
  const folder = await servings.folder();
  const served = await servings.start(folder, { METRICS_PORT: '0', ...env }, workers);
  const { url = '' } = (await served.book.line(({ msg }) => msg === 'metrics are read here')) as {
    readonly url?: string;
  };
  const text = async () => (await fetch(url)).text();
  const client = new StowageClient({ url: served.url, token: served.token });
  return { ...served, client, folder, text, scrape: async () => samplesIn(await text()) };
}

function samplesIn(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.replace(/^.* /, ''))]),
  );
}

const SAMPLE =
  /^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? [\d.e+-]+$/;

/** Lines that are no sample of the metric that was described last, and names that do not fit their type. */
function faultsIn(text: string): readonly string[] {
  let [name, type] = ['', ''];
  return text.split('\n').filter((line, at, lines) => {
    const [, help] = /^# HELP ([a-z_]+) \S.*\.$/.exec(line) ?? [];
    const [, typed, kind = ''] = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (help !== undefined) return !lines[at + 1]?.startsWith(`# TYPE ${help} `);
    if (typed !== undefined) {
      [name, type] = [typed, kind];
      return (type === 'counter') !== name.endsWith('_total');
    }
    return line === '' ? at !== lines.length - 1 : SAMPLE.exec(line)?.[1] !== name;
  });
}

async function push({ client }: Scraped, content: Buffer<ArrayBuffer>): Promise<void> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const declaration = { packageId: 'tool', ext: 'bin', size: content.length, sha256 };
  const source = new Blob([content]);
  await uploadPackage(client, { versionId: '1.0.0', declaration, source });
}

const request = (route: string, status: number) =>
  `stowage_http_requests_total{route="${route}",status="${status}"}`;

describe('/metrics', () => {
  test('counts requests by route and status, and the bytes that were taken and sent', async () => {
    const served = await start();
    const content = Buffer.alloc(100_000, 'x');

    await push(served, content);
    const file = await fetch(`${served.url}/packages/1.0.0/tool.bin`, {
      headers: { authorization: `Bearer ${served.token}` },
    });
    await file.arrayBuffer();
    await fetch(`${served.url}/v1/versions`);
    await fetch(`${served.url}/nowhere`);

    const found = await served.scrape();
    expect([...found]).toEqual(
      expect.arrayContaining([
        [request('createPackage', 201), 1],
        [request('completeUpload', 200), 1],
        [request('blobUpload', 200), 1],
        [request('blobDownload', 200), 1],
        [request('listVersions', 401), 1],
        [request('none', 404), 1],
        ['stowage_http_received_bytes_total{route="blobUpload"}', content.length],
        ['stowage_http_sent_bytes_total{route="blobDownload"}', content.length],
        ['stowage_http_request_duration_seconds_count{route="createPackage"}', 1],
        ['stowage_http_request_duration_seconds_bucket{route="createPackage",le="+Inf"}', 1],
      ]),
    );
    expect(found.get('stowage_http_sent_bytes_total{route="listVersions"}')).toBeGreaterThan(100);
    expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(found.get('stowage_free_bytes')).toBeGreaterThan(0);
  });

  test('names uploads under way by their state', async () => {
    const served = await start();
    const declaration = { packageId: 'half', ext: 'bin', size: 5, sha256: 'a'.repeat(64) };
    await served.client.createPackage('1.0.0', declaration);

    expect((await served.scrape()).get('stowage_uploads{state="pending"}')).toBe(1);
  });

  test('counts what workers answer', async () => {
    const served = await start({}, 2);
    await push(served, Buffer.from('x'));
    const ask = () =>
      fetch(`${served.url}/packages/1.0.0/tool.bin`, {
        headers: { authorization: `Bearer ${served.token}`, connection: 'close' },
        redirect: 'manual',
      });
    for (let asked = 0; asked < 9; asked++) await ask();

    // A worker reports once a second.
    let found: number | undefined;
    while (found !== 9) found = (await served.scrape()).get(request('downloadPackage', 302));
    expect(found).toBe(9);
  });

  test('is on no port of the API, and not there at all unless it is asked for', async () => {
    const served = await start();
    const without = await servings.start(await servings.folder());

    const ofApi = await fetch(`${served.url}/metrics`, {
      headers: { authorization: `Bearer ${served.token}` },
    });

    expect(ofApi.status).toBe(404);
    expect(without.book.lines.map(({ msg }) => msg)).not.toContain('metrics are read here');
  });

  test('answers what is left when the catalog is gone, and counts its failures', async () => {
    const served = await start();
    await rm(join(served.folder, '.stowage', 'catalog.db'));
    await served.book.line(({ level, msg }) => level === 50 && /catalog/.test(String(msg)));
    await fetch(`${served.url}/v1/versions`, {
      headers: { authorization: `Bearer ${served.token}` },
    });

    const found = await served.scrape();

    expect(found.get('stowage_failures_total{part="catalog",code="UNAVAILABLE"}')).toBe(1);
    expect(found.get(request('listVersions', 503))).toBe(1);
  });

  test('with a port that is taken, the server says which setting to change', async () => {
    const { url } = await servings.start(await servings.folder());
    const METRICS_PORT = new URL(url).port;

    await expect(servings.start(await servings.folder(), { METRICS_PORT })).rejects.toThrow(
      `METRICS_PORT ${METRICS_PORT} of METRICS_HOST 127.0.0.1 can't be used`,
    );
  });

  test('is text as Prometheus reads it, with a type and a help for every metric', async () => {
    const served = await start();
    await push(served, Buffer.from('x'));

    const text = await served.text();

    expect(faultsIn(text)).toEqual([]);
  });

  const judge = promtool.path() ?? '';
  (judge === '' ? test.skip : test)('has nothing that promtool finds wrong', async () => {
    const served = await start();
    await push(served, Buffer.from('x'));
    const input = await served.text();

    const judged = spawnSync(judge, ['check', 'metrics'], { input, encoding: 'utf8' });

    expect(judged).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });
});

describe('the text of metrics', () => {
  test('escapes what labels may hold', () => {
    const samples = [{ labels: { name: 'a"b\\c\nd' }, value: 1 }];

    const text = writeMetrics([{ name: 'x', type: 'gauge', help: 'X.', samples }]);

    expect(text).toBe('# HELP x X.\n# TYPE x gauge\nx{name="a\\"b\\\\c\\nd"} 1\n');
  });

  test('has buckets that hold the smaller ones, and the sum of what other processes counted', () => {
    const [counts, other] = [new RequestCounts(), new RequestCounts()];
    const answered = { route: 'r', status: 200, receivedBytes: 1, sentBytes: 2 };
    counts.add({ ...answered, ms: 4 });
    other.add({ ...answered, ms: 300 });
    other.add({ ...answered, status: 500, ms: 700_000 });

    counts.addAll(other.take() ?? new Map());

    const found = samplesIn(writeMetrics(counts.families()));
    const bucket = (le: string) =>
      found.get(`stowage_http_request_duration_seconds_bucket{route="r",le="${le}"}`);
    expect(['0.001', '0.005', '0.1', '0.5', '600', '+Inf'].map(bucket)).toEqual([0, 1, 1, 2, 2, 3]);
    expect(found.get('stowage_http_request_duration_seconds_sum{route="r"}')).toBeCloseTo(700.304);
    expect(found.get(request('r', 500))).toBe(1);
    expect(found.get('stowage_http_received_bytes_total{route="r"}')).toBe(3);
    expect(other.take()).toBeUndefined();
  });

  test('counts faults of a store, and not what callers asked wrongly', async () => {
    class Store {
      readonly #name = 'disk';
      get name() {
        return this.#name;
      }
      async stat(code: 'NOT_FOUND' | 'UNAVAILABLE') {
        throw new ServiceError(code, this.#name);
      }
    }
    const counts = new FailureCounts();
    const store = counts.watch('store', new Store());

    await expect(store.stat('NOT_FOUND')).rejects.toThrow('disk');
    await expect(store.stat('UNAVAILABLE')).rejects.toThrow('disk');

    expect(store.name).toBe('disk');
    expect([...samplesIn(writeMetrics(counts.families()))]).toEqual([
      ['stowage_failures_total{part="store",code="UNAVAILABLE"}', 1],
    ]);
  });
});
