/** Business metrics: what is counted, once each, and in which form CloudWatch gets it. */
import { describe, expect, test } from '@jest/globals';
import type { PackageRef } from '../../../core/names.ts';
import { parsePackageKey } from '../../../core/names.ts';
import type { BlobStore } from '../../../core/ports/blob-store.ts';
import type { Expected } from '../../../core/ports/catalog.ts';
import type { PackageChange, PackageRecord } from '../../../core/records.ts';
import {
  countingLinks,
  countingRefusals,
  countingRollouts,
  countingUploads,
} from '../../../lambda/metrics/measured.ts';
import { METRICS } from '../../../lambda/metrics/metric-names.ts';
import { type Measurements, metricsWriter } from '../../../lambda/metrics/write-metrics.ts';

const NOW = new Date('2026-11-22T10:00:00Z');

function writer(service: string | undefined) {
  const lines: string[] = [];
  return {
    lines,
    measure: metricsWriter({ service, clock: () => NOW, write: (line) => lines.push(line) }),
  };
}

describe('a metric', () => {
  test('is one line of embedded metric format', () => {
    const { lines, measure } = writer('Stowage-dev');

    measure({ [METRICS.uploads]: 1, [METRICS.uploadedBytes]: 7 });

    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('}\n')).toBe(true);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      _aws: {
        Timestamp: NOW.getTime(),
        CloudWatchMetrics: [
          {
            Namespace: 'Stowage',
            Dimensions: [['service']],
            Metrics: [
              { Name: 'UploadsPublished', Unit: 'Count' },
              { Name: 'UploadedBytes', Unit: 'Bytes' },
            ],
          },
        ],
      },
      service: 'Stowage-dev',
      UploadsPublished: 1,
      UploadedBytes: 7,
    });
  });

  test('with a reason is kept in sum and by reason', () => {
    const { lines, measure } = writer('Stowage-dev');

    measure({ [METRICS.rejections]: 1 }, 'INTEGRITY');

    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      reason: 'INTEGRITY',
      _aws: { CloudWatchMetrics: [{ Dimensions: [['service'], ['service', 'reason']] }] },
    });
  });

  test('is not written where no service is set', () => {
    const { lines, measure } = writer(undefined);

    measure({ [METRICS.links]: 1 });

    expect(lines).toEqual([]);
  });
});

interface Measured {
  readonly measurements: Measurements;
  readonly reason: string | undefined;
}

/** A catalog of one record, with its state in a private field as drivers have it. */
class OneRecord {
  #record: Pick<PackageRecord, 'size' | 'rejection'> | undefined;

  constructor(record?: Pick<PackageRecord, 'size'>) {
    this.#record = record;
  }

  async changePackage(_ref: PackageRef, _expected: Expected, change: PackageChange) {
    if (this.#record === undefined) return undefined;
    this.#record = {
      ...this.#record,
      ...(change.rejection ? { rejection: change.rejection } : {}),
    };
    return this.#record as PackageRecord;
  }

  get size() {
    return this.#record?.size;
  }
}

const REF = { versionId: '1.0.0', packageId: 'linux' } as PackageRef;
const ON_ITS_WAY: Expected = { attemptId: 'a', states: ['pending', 'verifying'] };

function counted(catalog: OneRecord) {
  const measured: Measured[] = [];
  return {
    measured,
    catalog: countingUploads(catalog, (measurements, reason) =>
      measured.push({ measurements, reason }),
    ),
  };
}

describe('an upload', () => {
  test('is counted with its bytes when it becomes available', async () => {
    const { catalog, measured } = counted(new OneRecord({ size: 42 }));

    await catalog.changePackage(REF, ON_ITS_WAY, { state: 'available' });

    expect(measured).toEqual([
      { measurements: { UploadsPublished: 1, UploadedBytes: 42 }, reason: undefined },
    ]);
  });

  test('is not counted by who comes second', async () => {
    const { catalog, measured } = counted(new OneRecord());

    expect(await catalog.changePackage(REF, ON_ITS_WAY, { state: 'available' })).toBeUndefined();

    expect(measured).toEqual([]);
  });

  test('is not counted again when it is restored', async () => {
    const { catalog, measured } = counted(new OneRecord({ size: 42 }));

    await catalog.changePackage(
      REF,
      { attemptId: 'a', states: ['yanked'] },
      { state: 'available' },
    );

    expect(measured).toEqual([]);
  });

  test('is counted by its reason when it is rejected', async () => {
    const { catalog, measured } = counted(new OneRecord({ size: 42 }));

    await catalog.changePackage(REF, ON_ITS_WAY, {
      state: 'rejected',
      rejection: { code: 'INTEGRITY', detail: 'no' },
    });

    expect(measured).toEqual([{ measurements: { UploadsRejected: 1 }, reason: 'INTEGRITY' }]);
  });

  test('leaves the rest of the catalog as it is', () => {
    expect(counted(new OneRecord({ size: 42 })).catalog.size).toBe(42);
  });
});

describe('a link', () => {
  const terms = { contentType: 'text/plain', contentDisposition: 'attachment' };

  test('is counted when it was signed', async () => {
    const measured: Measurements[] = [];
    const request = {
      method: 'GET',
      url: 'https://example.com',
      headers: {},
      expiresAt: NOW,
    } as const;
    const signing: Pick<BlobStore, 'signDownload'> = { signDownload: async () => request };
    const store = countingLinks(signing, (one) => measured.push(one));

    expect(
      await store.signDownload(parsePackageKey('packages/1.0.0/linux.zip').key, terms, 60),
    ).toBe(request);

    expect(measured).toEqual([{ LinksIssued: 1 }]);
  });
});

test('a refused token is counted, and answered as before', () => {
  const { lines, measure } = writer('Stowage-dev');

  expect(countingRefusals(measure).add('192.0.2.7')).toBeUndefined();

  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ TokensRefused: 1 });
});

test('an answer of a rollout is counted by the group of its client', () => {
  const { lines, measure } = writer('Stowage-dev');
  const count = countingRollouts(measure);

  for (const group of ['inside', 'outside', 'without-id'] as const) count(group);

  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { RolloutInside: 1 },
    { RolloutOutside: 1 },
    { RolloutWithoutId: 1 },
  ]);
});
