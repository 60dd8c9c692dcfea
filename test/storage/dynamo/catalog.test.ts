/** DynamoCatalog keeps the contract, against dynalite. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { SignedDynamoClient } from '../../../storage/dynamo/signed-client.ts';
import { describeCatalog } from '../catalog.contract.ts';
import { DynamoServer } from './harness.ts';

let server: DynamoServer;

beforeAll(async () => {
  server = await DynamoServer.start();
});

afterAll(() => server.stop());

describe.each([
  { how: 'with the SDK', newClient: () => server.client(), isAgain: true },
  {
    how: 'by signed requests alone',
    newClient: () =>
      new SignedDynamoClient({
        region: 'eu-central-1',
        endpoint: server.endpoint,
        timeoutMs: 60_000,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      }),
    isAgain: false,
  },
])('$how', ({ how, newClient, isAgain }) => {
  const openHarness = async () => {
    const tableName = await server.newTable();
    const catalogs: DynamoCatalog[] = [];
    const open = () => {
      const catalog = new DynamoCatalog({ client: newClient(), tableName });
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
  };
  describeCatalog(`DynamoCatalog ${how} (dynalite)`, openHarness, { sums: false, isAgain });
});
