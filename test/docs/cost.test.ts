/** The costs in docs/operations.md: what they multiply is what the code asks for, and what they multiply and add is right. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseExt } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { findAvailable } from '../../core/reading/links.ts';
import { bytesArrived } from '../../core/uploads/bytes-arrived.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { createUpload } from '../../core/uploads/create-upload.ts';
import { publisher, ref, singleRequest, World } from '../core/world.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { alarmsIn } from '../lib/support/alarms.ts';
import { VIRGINIA } from '../lib/support/every-stage.ts';
import { templatesOf } from '../lib/support/templates.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');

/** In the region whose prices the page has. */
const { service } = templatesOf(VIRGINIA);

interface Row {
  readonly what: string;
  readonly count: number;
  readonly price: number;
  readonly together: number;
}

function tableOf(name: string): { readonly rows: readonly Row[]; readonly sum: number } {
  const [, text = ''] =
    new RegExp(`<!-- cost: ${name} -->\\n\\n([\\s\\S]*?)\\n\\n`).exec(page) ?? [];
  const cells = text
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('*', '')));
  const rows = cells
    .filter(([, what]) => what !== 'sum')
    .map(([, what = '', count, price, together]) => ({
      what,
      count: Number(count),
      price: Number(price),
      together: Number(together),
    }));
  return { rows, sum: Number(cells.find(([, what]) => what === 'sum')?.[4]) };
}

/** How often each method is called, by name. */
function counted<Port extends object>(
  port: Port,
): { readonly port: Port; readonly calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const proxy = new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...parameters: readonly unknown[]) => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1;
        return value.apply(target, parameters);
      };
    },
  });
  return { port: proxy, calls };
}

describe.each(['uploads', 'parts', 'downloads', 'idle'])('the table of %s', (name) => {
  const { rows, sum } = tableOf(name);

  test.each(rows.map((row) => [row.what, row] as const))(
    '%s',
    (_what, { count, price, together }) => {
      expect(Math.abs(count * price - together)).toBeLessThan(0.00501);
    },
  );

  test('adds up', () => {
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.reduce((total, { together }) => total + together, 0)).toBeCloseTo(sum, 6);
  });
});

const rowOf = (name: string, what: string) =>
  tableOf(name).rows.find((row) => row.what.startsWith(what));
const numberOf = (name: string, what: string) => rowOf(name, what)?.count;

describe('a million', () => {
  test('redirects cost at most 2.50 beside the request of the CDN', () => {
    const { sum } = tableOf('downloads');

    expect(sum - (rowOf('downloads', 'CloudFront')?.together ?? 0)).toBeLessThanOrEqual(2.5);
  });

  test('uploads in parts begin with what an upload in one request costs, without its bytes', () => {
    const { sum } = tableOf('uploads');
    const bytes = ['S3, PUT', 'S3, HEAD'].map((what) => rowOf('uploads', what)?.together ?? 0);

    expect(rowOf('parts', 'as above')?.together).toBeCloseTo(
      sum - bytes.reduce((total, one) => total + one),
      6,
    );
  });

  test('uploads of 1 GiB in parts are read back at the 70 MB a second that a function receives', () => {
    const [, memoryMegabytes] =
      Object.entries(service.findResources('AWS::Lambda::Function'))
        .filter(([id]) => id.startsWith('UpkeepVerificationVerify'))
        .map(([id, { Properties }]) => [id, Properties.MemorySize])[0] ?? [];

    expect(numberOf('parts', 'Lambda, GB-seconds')).toBeCloseTo(
      (1024 ** 3 / 70e6) * (memoryMegabytes / 1024),
      2,
    );
  });
});

describe('a month of nothing', () => {
  test('has as many metrics of alarms as AWS bills: each one that an expression names', () => {
    const billed = [...alarmsIn(service).values()].map(({ Metrics }) =>
      Metrics === undefined
        ? 1
        : Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length,
    );

    expect(numberOf('idle', 'CloudWatch, metrics of alarms')).toBe(
      billed.reduce((total, one) => total + one),
    );
  });

  test.each([
    ['Secrets Manager, secrets', 'AWS::SecretsManager::Secret'],
    ['CloudWatch, dashboards', 'AWS::CloudWatch::Dashboard'],
  ])('has as many of %s as the template', (what, type) => {
    expect(numberOf('idle', what)).toBe(Object.keys(service.findResources(type)).length);
  });

  test('pays the pollers of every queue that is worked off', () => {
    const queues = Object.keys(service.findResources('AWS::Lambda::EventSourceMapping')).length;

    // Five for each queue; a request waits for 20 seconds.
    expect(numberOf('idle', 'SQS, requests')).toBeCloseTo((queues * 5 * 3 * 60 * 24 * 30) / 1e6, 6);
  });
});

describe('what is asked', () => {
  test('of store and catalog for an upload is what the table says', async () => {
    const store = { calls: {} as Record<string, number> };
    const world = new World((memory) => {
      const { port, calls } = counted(memory);
      store.calls = calls;
      return port;
    });
    const { port: catalog, calls } = counted<Catalog>(world.catalog);
    const deps = { ...world.deps, catalog };
    const wanted = {
      size: 5,
      sha256: sha256Of('bytes'),
      contentType: 'application/zip',
      metadata: {},
    };
    const created = await createUpload(deps, publisher, ref.versionId, {
      ...wanted,
      packageId: ref.packageId,
      ext: parseExt('zip'),
      partChecksums: false,
    });
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(deps, ref);
    await bytesArrived(deps, created.record.key);

    const { getPackage = 0, getVersion = 0, holdsNames = 0 } = calls;
    expect(numberOf('uploads', 'DynamoDB, read units')).toBe(getPackage + getVersion + holdsNames);
    expect({
      createPackage: calls['createPackage'],
      changePackage: calls['changePackage'],
    }).toEqual({
      createPackage: 1,
      changePackage: 1,
    });
    expect(numberOf('uploads', 'S3, HEAD')).toBe(store.calls['stat']);
  });

  test('of the catalog for a link is what the table says', async () => {
    const world = new World();
    const created = await world.create('bytes');
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(world.deps, ref);
    const { port: catalog, calls } = counted<Catalog>(world.catalog);

    await findAvailable(catalog, ref.versionId, `${ref.packageId}.zip`);

    expect(calls).toEqual({ findPackage: numberOf('downloads', 'DynamoDB, read units') });
  });
});
