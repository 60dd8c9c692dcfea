/** Versions that a release before 0.2 entered in a table: their records have no claims until the first upload upgrades them. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { aliasOf } from '../../../core/naming/filenames.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { packageItem, versionItem } from '../../../storage/dynamo/items.ts';
import { at, expectedOf, packageRecord, V1 } from '../catalog-contract/records.ts';
import { OLD_RECORDS, requireOldLinks } from '../old-names.ts';
import { DynamoServer } from './harness.ts';

let server: DynamoServer;
let tableName: string;
let catalog: DynamoCatalog;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

beforeEach(async () => {
  tableName = await server.newTable();
  const client = server.client();
  const { claimed: _, ...version } = versionItem({ versionId: V1, createdAt: at(0) });
  for (const item of [version, ...OLD_RECORDS.map(packageItem)])
    await client.send(new PutItemCommand({ TableName: tableName, Item: { ...item } }));
  client.destroy();
  catalog = open();
});

afterEach(() => catalog.close());

function open(): DynamoCatalog {
  return new DynamoCatalog({ client: server.client(), tableName });
}

function newUpload(filename: string) {
  return packageRecord('new', { filename, attemptId: 'new' });
}

describe('a version of an earlier release', () => {
  test('answers links by alias and by filename before it is upgraded, also through a channel', async () => {
    await requireOldLinks(catalog);

    for (const [name, packageId] of [
      ['Tool 1.0.zip', 'tool'],
      ['App.exe', 'second'],
    ] as const) {
      const found = await catalog.findInVersions([V1], name);
      expect(found.map((record) => record.packageId)).toEqual([packageId]);
    }
    expect(await catalog.findInVersions([V1], 'none.zip')).toEqual([]);
  });

  test('is upgraded by its first upload, which gets no name that an old file has', async () => {
    for (const filename of ['App.exe', 'tool.zip', 'gr\u00f6ße.txt', 'second.exe'])
      expect([filename, await catalog.createPackage(newUpload(filename))]).toEqual([
        filename,
        false,
      ]);
    expect(await catalog.createPackage(newUpload('refused.txt'))).toBe(true);

    await requireOldLinks(catalog);
    const second = open();
    await requireOldLinks(second);
    await second.close();
    const marked = await catalog.getPackages(
      V1,
      OLD_RECORDS.map(({ packageId }) => packageId),
    );
    expect(
      marked.filter((record) => record?.filenameTaken === true).map((record) => record?.packageId),
    ).toEqual(['first', 'third', 'early', 'nfd']);
  });

  test('reports which files are reached by their alias alone, also after a crash halfway', async () => {
    const lost = ['early', 'first', 'nfd', 'third'];
    const reported = async () =>
      (await catalog.upgradeVersion(V1)).map(({ packageId }) => packageId).sort();

    expect(await reported()).toEqual(lost);
    expect(await reported()).toEqual([]);

    // As if the version had not been marked yet.
    const client = server.client();
    const { claimed: _, ...version } = versionItem({ versionId: V1, createdAt: at(0) });
    await client.send(new PutItemCommand({ TableName: tableName, Item: { ...version } }));
    client.destroy();
    expect(await reported()).toEqual(lost);
  });

  test('has packages that are found by their digest once those are entered', async () => {
    const digests = [...new Set(OLD_RECORDS.flatMap(({ sha256 }) => sha256 ?? []))];
    const found = async () => {
      const pages = await Promise.all(
        digests.map((sha256) => catalog.findByDigest(sha256, { limit: 100 })),
      );
      return pages.flatMap(({ items }) => items.map(({ packageId }) => packageId)).sort();
    };
    expect(await found()).toEqual([]);

    for (const _ of ['once', 'again'])
      expect(await catalog.enterDigests(V1)).toBe(OLD_RECORDS.length);

    expect(await found()).toEqual(OLD_RECORDS.map(({ packageId }) => packageId).sort());
  });

  test('upgraded by many servers at once keeps one owner for each name', async () => {
    const servers = Array.from({ length: 4 }, open);

    const created = await Promise.all(
      servers.map((one, index) =>
        one.createPackage(
          packageRecord(`n${index}`, { filename: 'App.exe', attemptId: `n${index}` }),
        ),
      ),
    );

    expect(created).toEqual([false, false, false, false]);
    await requireOldLinks(catalog);
    for (const one of servers) await one.close();
  });

  test('publishes an upload that was under way, which takes no filename from what was published before', async () => {
    const record = OLD_RECORDS.find(({ packageId }) => packageId === 'third');
    if (record === undefined) throw new Error('it is among them');

    expect(await catalog.holdsNames(record)).toBe(true);
    const change = { state: 'available', publishedAt: at(9) } as const;
    await catalog.changePackage(record, expectedOf(record), change);

    await requireOldLinks(catalog);
    expect((await catalog.upgradeVersion(V1)).map(({ packageId }) => packageId)).toContain('third');
    await requireOldLinks(catalog);
    expect(await catalog.findPackage(V1, aliasOf(record))).toMatchObject({ state: 'available' });
  });
});
