/** Servers that share a bucket and a table are one service. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { race } from '../../faults/race.ts';
import { DynamoServer } from '../../storage/dynamo/harness.ts';
import { PlainClient } from '../../support/plain-client.ts';
import type { S3House } from './s3-house.ts';

const HELLO = Buffer.from('hello, bucket');

export function describeTwoServers(house: S3House): void {
  describe('two servers over one bucket and one table', () => {
    let dynamo: DynamoServer;
    beforeAll(async () => {
      dynamo = await DynamoServer.start();
      process.env['AWS_ACCESS_KEY_ID'] = 'test';
      process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    });
    afterAll(() => dynamo.stop());

    const shared = async (tableName?: string) => ({
      CATALOG_TYPE: 'dynamodb',
      TABLE_NAME: tableName ?? (await dynamo.newTable()),
      AWS_REGION: 'eu-central-1',
      DYNAMODB_ENDPOINT: dynamo.endpoint,
      URL_SIGNING_KEY: 'k'.repeat(32),
    });

    test('serve what the other has published, page through one list, and take each other’s tokens', async () => {
      const environment = await shared();
      const [one, other] = [await house.start(environment), await house.start(environment)];
      const client = house.clientOf(one);

      await client.push('1.0', 'hello', HELLO, 'single');
      await client.push('2.0', 'hello', HELLO, 'multipart');

      const there = new PlainClient(other.url, one.token);
      expect(await there.pull('1.0', 'hello.bin')).toEqual(HELLO);
      const page = await client.json<{ nextCursor: string }>('GET', '/v1/versions?limit=1');
      const next = await there.json<{ items: readonly unknown[] }>(
        'GET',
        `/v1/versions?limit=1&cursor=${page.nextCursor}`,
      );
      expect(next.items).toHaveLength(1);
      expect((await there.call('DELETE', '/v1/versions/1.0/packages/hello')).status).toBeLessThan(
        300,
      );
      expect((await client.call('GET', '/packages/1.0/hello.bin')).status).toBe(404);
    });

    test('that start at once each show a first admin token, and all take all of them', async () => {
      const environment = await shared();

      const started = await Promise.all([1, 2, 3].map(() => house.start(environment)));

      const tokens = started.map(({ running }) => running.firstAdminToken);
      expect(new Set(tokens).size).toBe(3);
      for (const { url } of started) {
        for (const token of tokens) {
          expect((await new PlainClient(url, String(token)).call('GET', '/v1/tokens')).status).toBe(
            200,
          );
        }
      }
    });

    test('with one ADMIN_TOKEN make none of their own', async () => {
      const environment = { ...(await shared()), ADMIN_TOKEN: `stw_operator1_${'a'.repeat(43)}` };

      const [one, other] = await Promise.all([house.start(environment), house.start(environment)]);

      expect([one, other].map(({ running }) => running.firstAdminToken)).toEqual([
        undefined,
        undefined,
      ]);
      expect(await house.clientOf(one).json('GET', '/v1/tokens')).toEqual({ items: [] });
      expect((await house.clientOf(other).call('GET', '/v1/versions')).status).toBe(200);
    });

    test('publish each of 24 racing packages once, with the right bytes, also where one of the two is killed', async () => {
      const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

      const report = await race(1, 24, { ...house.settings(), ...(await shared()), ...keys });

      expect(report).toMatchObject({
        restarts: 1,
        published: 21,
        refused: 3,
        listed: report.names,
        wrong: [],
      });
      expect(await house.keys()).toEqual(report.names.map((name) => `packages/1.0.0/${name}.bin`));
    });

    test('do not start on a table that is not there', async () => {
      await expect(house.start(await shared('no-such-table'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/no-such-table .*TABLE_NAME/),
      });
    });
  });
}
