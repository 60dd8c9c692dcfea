/**
 * Two hundred pushes race through two servers on one bucket and one table, and one server is killed on
 * the way. SOAK_SEED repeats a failure.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { race } from '../faults/race.ts';
import { S3House } from '../local/s3/s3-house.ts';
import { DynamoServer } from '../storage/dynamo/harness.ts';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';

jest.setTimeout(300_000);

const first = Number(process.env['SOAK_SEED'] ?? 1);
const seeds = Array.from({ length: 5 }, (_, index) => first + index);

const versitygw = findVersitygw();
describeRace('versitygw', versitygw === undefined ? undefined : () => startVersitygw(versitygw));
describeRace('Ceph RGW', hasCephRgw() ? startCephRgw : undefined);

function describeRace(name: string, startServer: (() => Promise<S3Server>) | undefined): void {
  describe(`two servers over ${name} and one table, one of them killed`, () => {
    if (startServer === undefined) {
      test.skip(`${name} is not installed: nothing is raced over it`, () => {});
      return;
    }
    let dynamo: DynamoServer;
    beforeAll(async () => {
      dynamo = await DynamoServer.start();
    });
    afterAll(() => dynamo.stop());
    const house = new S3House(startServer, { verifiesChecksums: false, hasRegion: false });

    test.each(seeds)(
      'publish each of 200 racing packages once, with the right bytes (seed %d)',
      async (seed) => {
        const report = await race(seed, 200, {
          ...house.settings(),
          CATALOG_TYPE: 'dynamodb',
          TABLE_NAME: await dynamo.newTable(),
          AWS_REGION: 'eu-central-1',
          DYNAMODB_ENDPOINT: dynamo.endpoint,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          URL_SIGNING_KEY: 'k'.repeat(32),
        });

        expect(report).toMatchObject({
          restarts: 1,
          published: 175,
          refused: 25,
          listed: report.names,
          wrong: [],
        });
        expect(await house.keys()).toEqual(report.names.map((id) => `packages/1.0.0/${id}.bin`));
      },
    );
  });
}
