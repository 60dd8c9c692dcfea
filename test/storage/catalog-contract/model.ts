/** Contract: any sequence of operations has the same results as with MemoryCatalog. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseChannelName, parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { Catalog, Expected } from '../../../core/ports/catalog.ts';
import type { PackageChange, PackageRecord } from '../../../core/records.ts';
import { MemoryCatalog } from '../../../storage/memory/memory-catalog.ts';
import {
  ALL_STATES,
  at,
  type CatalogHarness,
  channelRecord,
  everyItem,
  everyUnfinished,
  packageRecord,
  tokenRecord,
} from './records.ts';

/** One call, and its text for the message when a sequence fails. */
interface Operation {
  readonly call: readonly unknown[];
  /** Lists may lag, so they are compared once they have settled. */
  readonly isList: boolean;
  readonly run: (catalog: Catalog) => Promise<unknown>;
}

// Few names and times, so that operations often hit the same record.
const version = fc.constantFrom('1', '1.0');
const versionId = version.map(parseVersionId);
const id = fc.constantFrom('a', 'A', 'a-b');
const state = fc.constantFrom(...ALL_STATES);
const tokenId = fc.constantFrom('token001', 'token002');
const attemptId = fc.constantFrom('attempt-1', 'attempt-2');
const time = fc.constantFrom(at(0), at(1), at(2));
const limit = fc.integer({ min: 1, max: 4 });
const metadata = fc.dictionary(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  {
    maxKeys: 2,
  },
);
const optional: { requiredKeys: [] } = { requiredKeys: [] };
const blob = fc.constant({ etag: '"e"' });
const store = fc.constantFrom('memory', 's3');
const movedFrom = fc.constant({ store: 'memory', blob: { etag: '"e"' }, movedAt: at(1) });
const purging = fc.constant(true as const);

const record: fc.Arbitrary<PackageRecord> = fc
  .tuple(
    id,
    version,
    fc.record({
      state,
      attemptId,
      metadata,
      touchedAt: time,
      createdAt: time,
      createdBy: tokenId,
      size: fc.nat(),
    }),
    fc.record({ blob, movedFrom, purging, store, yankReason: fc.string() }, optional),
  )
  .map(([packageId, ofVersion, required, more]) =>
    packageRecord(packageId, { ...required, ...more }, ofVersion),
  );

const ref = fc.record({ versionId, packageId: id.map(parsePackageId) });

const expectation: fc.Arbitrary<Expected> = fc.record(
  { attemptId, states: fc.subarray([...ALL_STATES], { minLength: 3 }), touchedAt: time, store },
  { requiredKeys: ['attemptId', 'states'] },
);

const change: fc.Arbitrary<PackageChange> = fc.record(
  {
    state,
    touchedAt: time,
    publishedAt: time,
    yankReason: fc.option(fc.string()),
    blob: fc.option(blob),
    purging: fc.option(purging),
    store,
    movedFrom: fc.option(movedFrom),
  },
  optional,
);

const channel = fc.constantFrom('stable', 'Beta');
const maybeVersion = fc.option(versionId, { nil: undefined });

function write(call: readonly unknown[], run: Operation['run']): Operation {
  return { call, run, isList: false };
}

const read = write;

function list(call: readonly unknown[], run: Operation['run']): Operation {
  return { call, run, isList: true };
}

const packageOperations: readonly fc.Arbitrary<Operation>[] = [
  fc
    .tuple(record, fc.option(expectation, { nil: undefined, freq: 1 }))
    .map(([it, replaces]) =>
      write(['createPackage', it, replaces], (catalog) => catalog.createPackage(it, replaces)),
    ),
  record.map((it) => write(['createPackage', it], (catalog) => catalog.createPackage(it))),
  fc.tuple(ref, expectation, change).map(([it, expected, fields]) =>
    write(['changePackage', it, expected, fields], (catalog) =>
      // A rejected upload stays so until it is replaced: it has no names that it could take along.
      catalog.changePackage(
        it,
        { ...expected, states: expected.states.filter((one) => one !== 'rejected') },
        fields,
      ),
    ),
  ),
  fc
    .tuple(ref, expectation)
    .map(([it, expected]) =>
      write(['removePackage', it, expected], (catalog) => catalog.removePackage(it, expected)),
    ),
  ref.map(({ versionId: it, packageId }) => {
    const name = `${packageId}.tar.gz`;
    return read(['findPackage', it, name], (catalog) => catalog.findPackage(it, name));
  }),
  ref.map((it) => read(['getPackage', it], (catalog) => catalog.getPackage(it))),
  fc
    .tuple(versionId, fc.array(id.map(parsePackageId), { maxLength: 5 }))
    .map(([it, ids]) => read(['getPackages', it, ids], (catalog) => catalog.getPackages(it, ids))),
  fc
    .tuple(versionId, fc.subarray([...ALL_STATES]), limit)
    .map(([it, states, max]) =>
      list(['listPackages', it, states, max], (catalog) =>
        everyItem((page) => catalog.listPackages(it, states, page), max),
      ),
    ),
  time.map((until) => list(['unfinished', until], (catalog) => unfinishedInOrder(catalog, until))),
  fc.constant(
    list(['pendingBytes'], async (catalog) =>
      Object.fromEntries([...(await catalog.pendingBytes())].toSorted()),
    ),
  ),
  versionId.map((it) => read(['getVersion', it], (catalog) => catalog.getVersion(it))),
  limit.map((max) =>
    list(['listVersions', max], (catalog) => everyItem((page) => catalog.listVersions(page), max)),
  ),
];

const otherOperations: readonly fc.Arbitrary<Operation>[] = [
  fc
    .tuple(channel, version, maybeVersion)
    .map(([it, to, from]) =>
      write(['putChannel', it, to, from], (catalog) =>
        catalog.putChannel(channelRecord(it, to), from && { versionId: from }),
      ),
    ),
  fc
    .tuple(channel.map(parseChannelName), maybeVersion)
    .map(([it, from]) =>
      write(['deleteChannel', it, from], (catalog) => catalog.deleteChannel(it, from)),
    ),
  limit.map((max) =>
    list(['listChannels', max], (catalog) => everyItem((page) => catalog.listChannels(page), max)),
  ),
  fc
    .tuple(tokenId, fc.string())
    .map(([it, name]) =>
      write(['createToken', it, name], (catalog) => catalog.createToken(tokenRecord(it, { name }))),
    ),
  tokenId.map((it) =>
    write(['setTokenMakers', it], (catalog) => catalog.setTokenMakers(it, ['token000'])),
  ),
  fc.constant(read(['allTokens'], (catalog) => catalog.allTokens())),
  tokenId.map((it) => write(['deleteToken', it], (catalog) => catalog.deleteToken(it))),
  limit.map((max) =>
    list(['listTokens', max], (catalog) => everyItem((page) => catalog.listTokens(page), max)),
  ),
];

const operation = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(...packageOperations) },
  { weight: 1, arbitrary: fc.oneof(...otherOperations) },
);

export function describeModel(openHarness: () => Promise<CatalogHarness>): void {
  describe('any sequence of operations', () => {
    test('has the same results as MemoryCatalog', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(operation, { maxLength: 60, size: 'max' }),
          async (operations) => {
            const harness = await openHarness();
            try {
              const model = new MemoryCatalog();
              for (const { call, isList, run } of operations) {
                if (isList) await harness.settled();
                const [answer, wanted] = [await run(harness.catalog), await run(model)];
                expect({ call, answer }).toStrictEqual({ call, answer: wanted });
              }
            } finally {
              await harness.close();
            }
          },
        ),
        { numRuns: 60 },
      );
    });
  });
}

/**
 * The port promises that times rise. Each driver orders records of the same time in its own way.
 */
async function unfinishedInOrder(
  catalog: Catalog,
  until: string,
): Promise<readonly PackageRecord[]> {
  const found = await everyUnfinished(catalog, until);
  const times = found.map(({ touchedAt }) => touchedAt);
  expect(times).toEqual(times.toSorted());
  const place = (it: PackageRecord) => `${it.touchedAt}/${it.key}`;
  return found.toSorted((left, right) => (place(left) < place(right) ? -1 : 1));
}
