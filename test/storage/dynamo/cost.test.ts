/** How many requests to DynamoDB each use case takes. docs/dynamodb.md has the same in units. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Authenticator } from '../../../core/access/authenticator.ts';
import { revokeToken } from '../../../core/access/revoke-token.ts';
import { createToken } from '../../../core/access/tokens.ts';
import { packageKey, parseChannelName, parseExt } from '../../../core/names.ts';
import type { UploadDeps } from '../../../core/publishing/deps.ts';
import { PendingBytes, SHARED } from '../../../core/publishing/pending-bytes.ts';
import { verifyUpload } from '../../../core/publishing/verify-upload.ts';
import { putChannel } from '../../../core/reading/channels.ts';
import { findAvailable, findInChannel, signLink, signLinks } from '../../../core/reading/links.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { createUpload, type NewPackage } from '../../../core/uploads/create-upload.ts';
import { sweep } from '../../../core/uploads/sweep.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { MIB, partRequests, publisher, ref, singleRequest, World } from '../../core/world.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { packageRecord, tokenRecord } from '../catalog-contract/records.ts';
import { DynamoServer } from './harness.ts';
import { bodyOf, DynamoWire, type Fault } from './wire.ts';

let server: DynamoServer;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

describe('requests to DynamoDB', () => {
  const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];
  let tableName: string;
  let world: World;
  let catalog: DynamoCatalog;
  let wire: DynamoWire;
  let deps: UploadDeps;

  beforeEach(async () => {
    tableName = await server.newTable();
    const client = server.client();
    wire = new DynamoWire(client);
    catalog = new DynamoCatalog({ client, tableName });
    world = new World();
    deps = { ...world.deps, catalog, pending: new PendingBytes({ freshness: SHARED }) };
  });

  afterEach(() => catalog.close());

  function create(bytes: string | Uint8Array, more: Partial<NewPackage> = {}) {
    return createUpload(deps, publisher, ref.versionId, {
      packageId: ref.packageId,
      ext: parseExt('zip'),
      size: Buffer.byteLength(bytes),
      sha256: sha256Of(bytes),
      contentType: 'application/zip',
      metadata: {},
      partChecksums: false,
      ...more,
    });
  }

  async function publishSingle(): Promise<void> {
    await world.send(singleRequest(await create('bytes')), 'bytes');
    expect(await completeUpload(deps, ref)).toMatchObject({ state: 'available' });
  }

  function writesOf(counts: Readonly<Record<string, number>>): number {
    return WRITES.reduce((sum, operation) => sum + (counts[operation] ?? 0), 0);
  }

  test('publishing a single upload takes 7 writes, and 6 where the version is known', async () => {
    await publishSingle();

    const counts = wire.take();
    expect(writesOf(counts)).toBe(7);
    expect(counts).toEqual({ GetItem: 4, BatchGetItem: 1, PutItem: 6, UpdateItem: 1, Query: 8 });

    await catalog.createPackage(packageRecord('other'));
    expect(wire.take()).toEqual({ PutItem: 4 });
  });

  test('pending bytes are read by one query for each shard, at most every 15 s', async () => {
    const createdIn = (seconds: number) => {
      world.pass(seconds);
      return create('bytes', { packageId: packageRecord(`p${world.ids}`).packageId });
    };
    await createdIn(0);
    expect(wire.take()).toMatchObject({ Query: 8 });

    await createdIn(14);
    expect(wire.take()).toEqual({ GetItem: 2, PutItem: 4 });

    await createdIn(1);
    expect(wire.take()).toEqual({ GetItem: 2, PutItem: 4, Query: 8 });
  });

  test('publishing a multipart upload takes 8 writes', async () => {
    const bytes = new Uint8Array(17 * MIB);
    const created = await create(bytes, { method: 'multipart' });
    const [first, second] = partRequests(created);
    if (first === undefined || second === undefined) throw new Error('17 MiB are two parts');
    await world.send(first, bytes.subarray(0, 16 * MIB));
    await world.send(second, bytes.subarray(16 * MIB));
    await completeUpload(deps, ref);
    for (const one of world.queue.splice(0)) await verifyUpload(deps, one);

    expect(await catalog.getPackage(ref)).toMatchObject({ state: 'available' });
    expect(writesOf(wire.take())).toBe(8);
  });

  test('packages with a digest take one query, and one batch', async () => {
    await publishSingle();
    wire.take();

    const found = await catalog.findByDigest(sha256Of('bytes'), { limit: 100 });
    expect(found.items).toHaveLength(1);
    expect(wire.take()).toEqual({ Query: 1, BatchGetItem: 1 });
  });

  test('a link takes one GetItem, besides that of its token', async () => {
    await publishSingle();
    wire.take();

    await signLink(deps, await findAvailable(catalog, ref.versionId, 'tool.zip'));
    expect(wire.take()).toEqual({ GetItem: 1 });

    await catalog.getToken(tokenRecord('token000').tokenId);
    expect(wire.take()).toEqual({ GetItem: 1 });
  });

  test.each<[string, Partial<NewPackage>, readonly string[], object]>([
    [
      'its filename',
      { filename: 'App-1.4.0 x.exe', packageId: undefined, ext: undefined },
      ['App-1.4.0 x.exe'],
      { GetItem: 1 },
    ],
    [
      'a filename without an ext',
      { filename: 'RELEASES', packageId: undefined, ext: undefined },
      ['RELEASES', 'RELEASES.bin'],
      { GetItem: 1 },
    ],
    [
      'a filename as earlier releases named it',
      { filename: 'App-1.4.0.zip', packageId: 'App-1-4-0' as never },
      ['App-1.4.0.zip'],
      { GetItem: 1, BatchGetItem: 1 },
    ],
    [
      'a filename from which the packageId cannot be guessed',
      { filename: 'App.zip' },
      ['App.zip'],
      { GetItem: 2, BatchGetItem: 1 },
    ],
  ])('a link by %s takes %j', async (_, names, files, cost) => {
    const created = await create('bytes', names);
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(deps, created.record);
    wire.take();

    for (const file of files) {
      await findAvailable(catalog, ref.versionId, file);
      expect(wire.take()).toEqual(cost);
    }
  });

  test('a link through a channel takes one BatchGetItem, besides the read of the channel', async () => {
    const created = await create('bytes', {
      filename: 'App 1.exe',
      packageId: undefined,
      ext: undefined,
    });
    await world.send(singleRequest(created), 'bytes');
    await completeUpload(deps, created.record);
    const channel = await putChannel(deps, publisher, parseChannelName('stable'), {
      versionId: ref.versionId,
    });
    wire.take();

    await findInChannel(catalog, undefined, channel, 'App 1.exe');

    expect(wire.take()).toEqual({ BatchGetItem: 1 });
  });

  test('100 links take one BatchGetItem', async () => {
    await publishSingle();
    wire.take();

    const ids = Array.from({ length: 99 }, (_, index) => packageRecord(`p${index}`).packageId);
    const links = await signLinks(deps, ref.versionId, [ref.packageId, ...ids]);

    expect(links[0]).toMatchObject({
      record: { key: packageKey(ref.versionId, ref.packageId, parseExt('zip')) },
    });
    expect(wire.take()).toEqual({ BatchGetItem: 1 });
  });

  test('reads of single records and batches are strongly consistent', async () => {
    const asked: unknown[] = [];
    const note: Fault = async (request, send) => {
      asked.push(JSON.parse(bodyOf(request)));
      return send(request);
    };
    wire.spoil('GetItem', note, 4);
    wire.spoil('BatchGetItem', note);

    await catalog.getPackage(ref);
    await catalog.getVersion(ref.versionId);
    await catalog.getChannel(parseChannelName('stable'));
    await catalog.getToken('token000');
    await catalog.getPackages(ref.versionId, [ref.packageId]);

    const single = expect.objectContaining({ ConsistentRead: true });
    const batch = { RequestItems: { [tableName]: single } };
    expect(asked).toEqual([single, single, single, single, batch]);
  });

  test('revoking a token reads the tokens and the rules that it made in one strongly consistent query each time', async () => {
    const asked: unknown[] = [];
    const note: Fault = async (request, send) => {
      asked.push(JSON.parse(bodyOf(request)));
      return send(request);
    };
    const authenticator = new Authenticator(catalog, () => world.now);
    const maker = tokenRecord('maker000', { scopes: ['admin'] });
    await catalog.createToken(maker);
    await catalog.newTokenId();
    for (const unknown of ['nobody00', 'nobody01']) await catalog.getToken(unknown);
    wire.take();

    await createToken({ ...deps, authenticator }, maker, { name: 'child', scopes: ['read'] });
    expect(wire.take()).toEqual({ GetItem: 3, PutItem: 2 });
    wire.spoil('Query', note, 3);
    await revokeToken({ ...deps, authenticator }, maker, 'maker000', { keepChildren: false });

    expect(wire.take()).toEqual({ GetItem: 1, Query: 3, DeleteItem: 2, PutItem: 2 });
    const consistent = expect.objectContaining({ ConsistentRead: true });
    expect(asked).toEqual([consistent, consistent, consistent]);
    expect(await catalog.allTokens()).toEqual([]);
  });

  test('invented tokens take no read each, once tokens are made by this release', async () => {
    const authenticator = new Authenticator(catalog, () => world.now);
    const maker = tokenRecord('maker000', { scopes: ['admin'] });
    await catalog.createToken(maker);
    const { token } = await createToken({ ...deps, authenticator }, maker, {
      name: 'good',
      scopes: ['read'],
    });
    wire.take();

    for (let stranger = 0; stranger < 500; stranger++) {
      const tokenId = `${stranger}`.padStart(20, '0');
      const refused = authenticator.authenticate(`stw_${tokenId}_${'x'.repeat(43)}`);
      await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    const { GetItem: reads = 0, Query: queries = 0 } = wire.take();
    expect({ isFew: reads + queries < 30, reads, queries }).toMatchObject({ isFew: true });

    expect(await authenticator.authenticate(token)).toMatchObject({ name: 'good' });
    expect(wire.take()).toEqual({ GetItem: 1 });
  });

  test('uploads at the same time write their new version once', async () => {
    const records = Array.from({ length: 20 }, (_, index) => packageRecord(`p${index}`));

    await Promise.all(records.map((record) => catalog.createPackage(record)));

    expect(wire.take()).toEqual({ PutItem: 81 });
  });

  test('a page takes one query, and an empty sweep one query for each shard', async () => {
    await publishSingle();
    wire.take();

    await catalog.listPackages(ref.versionId, ['available'], { limit: 100 });
    await catalog.listVersions({ limit: 100 });
    expect(wire.take()).toEqual({ Query: 2 });

    await sweep(deps, 0);
    expect(wire.take()).toEqual({ Query: 8 });
  });
});
