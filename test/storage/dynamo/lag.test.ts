/** The sweep with an index that lags: it does no harm, whatever the index shows. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseExt } from '../../../core/names.ts';
import type { UploadDeps } from '../../../core/publishing/deps.ts';
import { verifyUpload } from '../../../core/publishing/verify-upload.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { type CreatedUpload, createUpload } from '../../../core/uploads/create-upload.ts';
import { END_OF_TIME, type SweepReport, sweep } from '../../../core/uploads/sweep.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { SWEEP_PARTITIONS } from '../../../storage/dynamo/table.ts';
import { partRequests, publisher, ref, singleRequest, World } from '../../core/world.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { everyUnfinished } from '../catalog-contract/records.ts';
import { DynamoServer } from './harness.ts';
import { DynamoWire, OldAnswers } from './wire.ts';

const RETENTION_SECONDS = 604_800;

let server: DynamoServer;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

describe('a sweep that reads outdated records', () => {
  let world: World;
  let catalog: DynamoCatalog;
  let wire: DynamoWire;
  let deps: UploadDeps;

  beforeEach(async () => {
    const client = server.client();
    wire = new DynamoWire(client);
    catalog = new DynamoCatalog({ client, tableName: await server.newTable() });
    world = new World();
    deps = { ...world.deps, catalog };
  });

  afterEach(() => catalog.close());

  function create(method: 'single' | 'multipart'): Promise<CreatedUpload> {
    const draft = {
      packageId: ref.packageId,
      ext: parseExt('zip'),
      size: 5,
      sha256: sha256Of('bytes'),
    };
    const more = { contentType: 'application/zip', metadata: {}, partChecksums: false, method };
    return createUpload(deps, publisher, ref.versionId, { ...draft, ...more });
  }

  /** Sweeps long after the last touch, with the index as it was before `change`. */
  async function sweepAsBefore(change: () => Promise<unknown>): Promise<SweepReport> {
    world.pass(RETENTION_SECONDS + 1);
    const old = new OldAnswers();
    wire.spoil('Query', old.remember, SWEEP_PARTITIONS.length);
    expect(await everyUnfinished(catalog, END_OF_TIME)).toHaveLength(1);
    await change();
    wire.spoil('Query', old.repeat, SWEEP_PARTITIONS.length);
    return sweep(deps, 0);
  }

  test.each(['single', 'multipart'] as const)(
    'leaves a %s upload that was published',
    async (method) => {
      const created = await create(method);
      const request = method === 'single' ? singleRequest(created) : partRequests(created)[0];
      if (request === undefined) throw new Error('an upload has a part');
      await world.send(request, 'bytes');

      const report = await sweepAsBefore(async () => {
        await completeUpload(deps, ref);
        await verifyUpload(deps, ref);
      });

      expect(report.failures).toEqual([]);
      expect(await catalog.getPackage(ref)).toMatchObject({ state: 'available' });
      expect(await world.memory.stat(created.record.key)).toMatchObject({ size: 5 });
    },
  );

  test('leaves the next attempt of an upload that was removed', async () => {
    const { record } = await create('single');

    const report = await sweepAsBefore(async () => {
      await catalog.removePackage(record, { attemptId: record.attemptId, states: ['pending'] });
      const again = await create('single');
      await world.send(singleRequest(again), 'bytes');
    });

    expect(report.failures).toEqual([]);
    expect(['pending', 'available']).toContain((await catalog.getPackage(ref))?.state);
    expect(await completeUpload(deps, ref)).toMatchObject({ state: 'available' });
  });
});
