/** DynamoCatalog keeps the contract, against dynalite. */
import { afterAll, beforeAll } from '@jest/globals';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { describeCatalog } from '../catalog.contract.ts';
import { DynamoServer } from './harness.ts';

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
    // The indexes of this emulator do not lag, so there is nothing to wait for.
    settled: async () => {},
    close: async () => {
      for (const catalog of catalogs) await catalog.close();
    },
  };
});
