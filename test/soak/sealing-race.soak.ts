/** Seals against everything that publishes, over a DynamoDB table. SOAK_SEED repeats a failure. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import { faultsOf, sealingRace } from '../core/sealing/sealing-race.ts';
import { DynamoServer } from '../storage/dynamo/harness.ts';

jest.setTimeout(300_000);

const first = Number(process.env['SOAK_SEED'] ?? 3001);
const RACES = 60;

describe('seals over a table', () => {
  let server: DynamoServer;
  beforeAll(async () => {
    server = await DynamoServer.start();
  });
  afterAll(() => server.stop());

  test.each([
    ['without crashes', first, false],
    ['with crashes', first + 1000, true],
  ])(
    '%s: a sealed version gains no file, and its statement names what is there',
    async (_, from, withCrashes) => {
      const wrong: string[] = [];
      let sealed = 0;
      for (let seed = from; seed < from + RACES; seed += 1) {
        const client = server.client();
        const catalog = new DynamoCatalog({ client, tableName: await server.newTable() });
        const report = await sealingRace(seed, catalog, withCrashes);
        await catalog.close();
        if (report.atSeal !== undefined) sealed += 1;
        wrong.push(...faultsOf(report).map((fault) => `seed ${seed}: ${fault}`));
      }

      expect(wrong).toEqual([]);
      expect(sealed).toBeGreaterThan(5);
    },
  );
});
