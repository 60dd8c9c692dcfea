/** Names hold under every order of requests, and after a crash at every step: what storage/dynamo/claims.ts promises. */
import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseExt, parseVersionId, type VersionId } from '../../../core/names.ts';
import type { PackageRecord } from '../../../core/records.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { at, expectedOf, packageRecord } from '../catalog-contract/records.ts';
import { DynamoServer } from './harness.ts';
import { everyOrder, Schedule } from './schedule.ts';

const FILENAME = 'App 1.exe';

let server: DynamoServer;
let tableName: string;
let table: DynamoDBClient;
/** A process that no one interrupts: it reads what the others left. */
let catalog: DynamoCatalog;
let versions = 0;
let opened: DynamoCatalog[] = [];

beforeAll(async () => {
  server = await DynamoServer.start();
  tableName = await server.newTable();
  table = server.client();
});

beforeEach(() => {
  catalog = new DynamoCatalog({ client: server.client(), tableName });
  opened = [catalog];
});

afterEach(async () => {
  for (const one of opened) await one.close();
});

afterAll(async () => {
  table.destroy();
  await server.stop();
});

async function newVersion(): Promise<VersionId> {
  versions += 1;
  const versionId = parseVersionId(`1.0.${versions}`);
  await catalog.createVersion({ versionId, createdAt: at(0) });
  return versionId;
}

function wishOf(id: string, versionId: VersionId, fields: Partial<PackageRecord> = {}) {
  return packageRecord(
    id,
    { filename: FILENAME, attemptId: `attempt-${id}`, ...fields },
    versionId,
  );
}

/** Creates a package and goes on to publish it, as the core does. */
async function publish(one: DynamoCatalog, record: PackageRecord): Promise<string> {
  if (!(await one.createPackage(record))) return 'refused';
  return finish(one, record);
}

async function finish(one: DynamoCatalog, record: PackageRecord): Promise<string> {
  const state = (await one.holdsNames(record)) ? 'available' : 'rejected';
  await one.changePackage(record, expectedOf(record), { state, publishedAt: at(1) });
  return state;
}

interface Opened {
  readonly client: DynamoDBClient;
  readonly catalog: DynamoCatalog;
}

function open(): Opened {
  const client = server.client();
  const one = { client, catalog: new DynamoCatalog({ client, tableName }) };
  opened.push(one.catalog);
  return one;
}

/** Runs `work` in a process of its own, in turns with the others of `schedule`. */
function start<Result>(
  schedule: Schedule,
  name: string,
  { client, catalog: one }: Opened,
  work: (one: DynamoCatalog) => Promise<Result>,
): { result?: Result } {
  const outcome: { result?: Result } = {};
  schedule.run(name, client, async () => {
    outcome.result = await work(one);
  });
  return outcome;
}

/**
 * Requests about the name or the records that the processes share. Those about a name that one of
 * them wants alone come to the same in every order.
 */
function isShared(body: string): boolean {
  return body.includes(`"sk":{"S":${JSON.stringify(FILENAME)}}`) || body.includes('"pk":{"S":"P#');
}

/** The packageIds that the claims of a version name, by name. */
async function claimsOf(versionId: VersionId): Promise<Readonly<Record<string, string>>> {
  const { Items = [] } = await table.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `N#${versionId}` } },
    }),
  );
  return Object.fromEntries(Items.map((item) => [item['sk']?.S, item['packageId']?.S ?? '']));
}

/** What is true of every version at every time: a published package is reached by all its names, and has them alone. */
async function requireOneOwner(records: readonly PackageRecord[]): Promise<void> {
  const now = await Promise.all(records.map((record) => catalog.getPackage(record)));
  const published = now.filter((record) => record?.state === 'available');
  for (const record of published) {
    if (record === undefined) continue;
    for (const name of [record.filename, `${record.packageId}.${record.ext}`])
      expect(await catalog.findPackage(record.versionId, name)).toStrictEqual(record);
  }
  expect(new Set(published.map((record) => record?.filename)).size).toBe(published.length);
}

/** No name is taken by nothing: once all that was left unfinished is given up, the name can be taken. */
async function requireFree(versionId: VersionId, records: readonly PackageRecord[]): Promise<void> {
  for (const record of records) await catalog.removePackage(record, expectedOf(record));
  const taken = (await catalog.findPackage(versionId, FILENAME)) !== undefined;
  expect(await catalog.createPackage(wishOf('fresh', versionId))).toBe(!taken);
}

describe('two publishers of one filename', () => {
  test('in every order of their requests one gets it, and the other leaves nothing', async () => {
    const processes = [open(), open()] as const;
    const orders = await everyOrder(async (choose) => {
      const versionId = await newVersion();
      const records = ['a', 'b'].map((id) => wishOf(id, versionId));
      const schedule = new Schedule(isShared);
      const outcomes = records.map((record, index) =>
        start(schedule, record.packageId, processes[index] ?? open(), (one) =>
          one.createPackage(record),
        ),
      );

      await schedule.play(choose);

      const created = records.filter((_, index) => outcomes[index]?.result === true);
      expect([schedule.trace, created.length]).toEqual([schedule.trace, 1]);
      const [winner] = created;
      if (winner === undefined) throw new Error('one was created');
      expect(await claimsOf(versionId)).toEqual({
        [FILENAME]: winner.packageId,
        [`${winner.packageId}.tar.gz`]: winner.packageId,
      });
      const loser = records.find((record) => record !== winner);
      expect(loser && (await catalog.getPackage(loser))).toBeUndefined();
      expect(await finish(catalog, winner)).toBe('available');
      await requireOneOwner(records);
      return schedule.widths;
    });

    expect(orders).toBeGreaterThan(20);
  });

  test('in any order up to publishing, with a crash at any step, no name has two owners and none is taken by nothing', async () => {
    const plan = fc.record({
      order: fc.array(fc.nat(2), { minLength: 40, maxLength: 40 }),
      crashAt: fc.option(fc.nat(14)),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ order, crashAt }) => {
        const versionId = await newVersion();
        const records = ['a', 'b', 'c'].map((id) => wishOf(id, versionId));
        const schedule = new Schedule(isShared);
        for (const record of records)
          start(schedule, record.packageId, open(), (one) => publish(one, record));

        let step = 0;
        await schedule.play((waiting) => {
          const choice = (order[step % order.length] ?? 0) % waiting;
          step += 1;
          return step - 1 === crashAt ? { crash: choice } : choice;
        });

        await requireOneOwner(records);
        await requireFree(versionId, records);
        await requireOneOwner(records);
        for (const one of opened.splice(1)) await one.close();
      }),
      { numRuns: 60, seed: 12 },
    );
  });

  test('one who looked before the record was written, and crashes, does not rob the package that was published since', async () => {
    const versionId = await newVersion();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => wishOf(id, versionId));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three');
    // A claims; B sees a claim without a record; A writes its record, and publishes; B writes its claim, and crashes.
    const schedule = new Schedule(isShared);
    start(schedule, 'a', open(), (one) => publish(one, a));
    start(schedule, 'b', open(), (one) => publish(one, b));
    const order = ['a', 'b', 'b', 'b', ...Array.from({ length: 20 }, () => 'a')];
    let isWritten = false;

    await schedule.play((waiting) => {
      const next = order.shift();
      if (next !== undefined && waiting === 2) return next === 'a' ? 0 : 1;
      if (isWritten) return { crash: 0 };
      isWritten = true;
      return 0;
    });

    expect(await catalog.getPackage(a)).toMatchObject({ state: 'available' });
    expect(await publish(catalog, c)).toBe('refused');
    expect(await claimsOf(versionId)).toEqual({ [FILENAME]: 'a', 'a.tar.gz': 'a' });
    await requireOneOwner([a, b, c]);
  });
});

describe('a server that crashes', () => {
  test.each(Array.from({ length: 9 }, (_, step) => [step]))(
    'after %i requests of a create leaves nothing that keeps the name from others',
    async (steps) => {
      const versionId = await newVersion();
      const [crashed, next] = [wishOf('a', versionId), wishOf('b', versionId)];
      const schedule = new Schedule();
      start(schedule, 'a', open(), (one) => publish(one, crashed));
      let step = 0;
      await schedule.play(() => {
        step += 1;
        return step > steps ? { crash: 0 } : 0;
      });

      const left = await catalog.getPackage(crashed);
      // A record is an upload under way, which has its names until it is given up.
      expect(await catalog.createPackage(next)).toBe(left === undefined);
      if (left !== undefined) {
        expect(await catalog.removePackage(crashed, expectedOf(crashed))).toBe(
          left.state === 'pending',
        );
        expect(await catalog.createPackage(next)).toBe(left.state === 'pending');
      }
      await requireOneOwner([crashed, next]);
    },
  );

  test('before it gave back a name of a removed upload leaves it free', async () => {
    const versionId = await newVersion();
    const removed = wishOf('a', versionId);
    await catalog.createPackage(removed);
    const schedule = new Schedule();
    start(schedule, 'a', open(), (one) => one.removePackage(removed, expectedOf(removed)));
    let step = 0;
    await schedule.play(() => (step++ === 1 ? { crash: 0 } : 0));

    expect(await claimsOf(versionId)).toEqual({ [FILENAME]: 'a', 'a.tar.gz': 'a' });
    expect(await catalog.findPackage(versionId, FILENAME)).toBeUndefined();
    expect(await publish(catalog, wishOf('b', versionId))).toBe('available');
    expect(await catalog.createPackage(wishOf('a', versionId, { filename: 'a.tar.gz' }))).toBe(
      true,
    );
  });
});

describe('an upload that lost its name', () => {
  test('is rejected when it is published, and hides nothing meanwhile', async () => {
    const versionId = await newVersion();
    // Its id is made of the filename, so that its record is what a link by filename reads first.
    const lost = wishOf('App', versionId, { filename: 'App.exe', ext: parseExt('exe') });
    const owner = wishOf('b', versionId, { filename: 'App.exe' });
    await catalog.createPackage(owner);
    await finish(catalog, owner);
    const other = wishOf('App', versionId, { filename: 'free.exe', ext: parseExt('zip') });
    await catalog.createPackage(other);
    // As after a crash between its record and the look at its claims.
    await overwrite(other, { filename: { S: '"App.exe"' } });

    expect(await catalog.findPackage(versionId, 'App.exe')).toMatchObject({ packageId: 'b' });
    const record = await catalog.getPackage(lost);
    if (record === undefined) throw new Error('it was written');
    expect(await finish(catalog, record)).toBe('rejected');
    expect(await catalog.findPackage(versionId, 'App.exe')).toMatchObject({ packageId: 'b' });
  });
});

/** Sets attributes of a record behind the catalog's back. */
async function overwrite(
  { versionId, packageId }: PackageRecord,
  attributes: Readonly<Record<string, AttributeValue>>,
): Promise<void> {
  for (const [name, value] of Object.entries(attributes))
    await table.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { pk: { S: `P#${versionId}` }, sk: { S: packageId } },
        UpdateExpression: 'SET #name = :value',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':value': value },
      }),
    );
}
