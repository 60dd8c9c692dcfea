/** DynamoCatalog keeps the contract, against dynalite. Its faults: faults.test.ts; what it costs: cost.test.ts. */
import { afterAll, beforeAll, jest } from '@jest/globals';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { describeCatalog } from '../catalog.contract.ts';
import { DynamoServer } from './harness.ts';

// The contract writes a thousand records in some of its tests, each by a request over HTTP.
jest.setTimeout(60_000);

let server: DynamoServer;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

describeCatalog('DynamoCatalog (dynalite)', async () => {
  const tableName = await server.newTable();
  const catalogs: DynamoCatalog[] = [];
  const open = () => {
    const catalog = new DynamoCatalog({ client: server.client(), tableName });
    catalogs.push(catalog);
    return catalog;
  };
  return {
    catalog: open(),
    second: async () => open(),
    // This emulator's indexes do not lag. Nothing here waits for AWS's: the tests that list call this first.
    settled: async () => {},
    close: async () => {
      for (const catalog of catalogs) await catalog.close();
    },
  };
});
