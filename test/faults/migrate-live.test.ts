/**
 * A migration under load: clients download while packages are migrated, published, yanked and deleted.
 * Also stores that refuse requests.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MigrationHouse } from '../cli/migrate/migration-house.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { FaultProxy, says } from '../support/fault-proxy.ts';
import { PlainClient } from '../support/plain-client.ts';
import { ServerProcess } from '../support/server-process.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { randomFrom } from './crash.ts';

const MIB = 1024 * 1024;
const CLIENTS = 8;
const binary = findVersitygw();
const describeOnServer = binary === undefined ? describe.skip : describe;

describeOnServer('a migration, on versitygw', () => {
  let s3: S3Server;
  let house: MigrationHouse;
  beforeAll(async () => {
    s3 = await startVersitygw(binary ?? '');
  });
  afterAll(() => s3.stop());
  beforeEach(async () => {
    house = await MigrationHouse.open(s3);
  });
  afterEach(() => house.close());

  describe('under a service', () => {
    const bytesOf = (index: number) =>
      Buffer.alloc(index === 0 ? 20 * MIB : 1000 + index * 517, `package ${index}`);
    const names = Array.from({ length: 40 }, (_, index) => `package-${index}`);

    test('fails no download, there and back, while packages are published, yanked and deleted', async () => {
      const { accessKeyId, secretAccessKey } = s3.credentials;
      const store = {
        S3_ENDPOINT: s3.endpoint,
        S3_ACCESS_KEY: accessKeyId,
        S3_SECRET_KEY: secretAccessKey,
      };
      const disk = await ServerProcess.start(house.path('storage'));
      const publisher = new PlainClient(disk.url, disk.adminToken);
      for (const [index, name] of names.entries())
        await publisher.push('1.0.0', name, bytesOf(index), 'single');
      for (const name of ['to-yank', 'to-delete'])
        await publisher.push('2.0.0', name, Buffer.from(name), 'single');
      await disk.stop();

      const service = await ServerProcess.start(house.path('storage'), {
        ...store,
        ...house.bothStores,
      });
      try {
        const client = new PlainClient(service.url, service.adminToken);
        const loop = downloading(
          client,
          new Map(names.map((name, index) => [name, sha256Of(bytesOf(index))])),
        );
        const options = { env: house.bothStores };
        const there = house.migrateAsJson(['--from', './storage', '--to', house.url], options);
        await client.json('POST', '/v1/versions/2.0.0/packages/to-yank/yank', {});
        await client.json('DELETE', '/v1/versions/2.0.0/packages/to-delete');
        await client.push('2.0.0', 'published-meanwhile', Buffer.from('new'), 'single');
        expect(await there).toMatchObject({ code: 0 });
        const back = await house.migrateAsJson(['--from', house.url, '--to', './storage'], options);
        const { failures, downloads } = await loop.end();

        expect(back).toMatchObject({ code: 0 });
        expect(failures).toEqual([]);
        expect(downloads).toBeGreaterThan(CLIENTS);
        expect((await client.pull('2.0.0', 'published-meanwhile.bin')).toString()).toBe('new');
        expect((await client.call('GET', '/packages/2.0.0/to-yank.bin')).status).toBe(410);
        expect((await client.call('GET', '/packages/2.0.0/to-delete.bin')).status).toBe(404);
      } finally {
        await service.stop();
      }
    });
  });

  describe('to a store that refuses', () => {
    const tree = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [
        `tree/packages/1.0.0/file-${index}.bin`,
        `bytes ${index}`,
      ]),
    );
    const words = () => ['--from', './tree', '--to', house.url];
    let proxy: FaultProxy;
    beforeEach(async () => {
      proxy = await FaultProxy.start(s3.endpoint);
      await house.write({ ...tree, 'tree/packages/2.0.0/large.bin': Buffer.alloc(40 * MIB, 'l') });
    });
    afterEach(() => proxy.stop());
    const migrate = () => house.migrateAsJson(words(), { env: { S3_ENDPOINT: proxy.endpoint } });

    test('one request in ten with a 503 brings all over', async () => {
      const random = randomFrom(10);
      const refuse = says(503, 'SlowDown');
      proxy.spoil({}, (passing) => (random() < 0.1 ? refuse(passing) : passing.pass()));

      const { code, lines } = await migrate();

      expect([code, lines]).toEqual([0, [expect.objectContaining({ failed: 0 })]]);
      expect(await proven()).toMatchObject({ outcomes: { there: { files: 101 } }, failed: 0 });
    });

    test.each([
      ['is full', 507, 'XMinioStorageFull', 'full'],
      ['denies access', 403, 'AccessDenied', 's3:PutObject'],
    ])(
      'because it %s halfway says so, and the next run does the rest',
      async (_what, status, name, advice) => {
        let puts = 0;
        const refuse = says(status, name);
        proxy.spoil({ method: 'PUT' }, (passing) => {
          puts += 1;
          if (puts > 40) refuse(passing);
          else passing.pass();
        });

        const halfway = await migrate();
        proxy.mend();
        const rest = await migrate();

        expect(halfway.code).toBe(1);
        expect(halfway.lines.find(({ outcome }) => outcome === 'failed')?.detail).toContain(advice);
        expect(rest).toMatchObject({ code: 0 });
        expect(await proven()).toMatchObject({
          outcomes: { there: { files: 101 } },
          failed: 0,
          sentBytes: 0,
        });
      },
    );

    /** What a run says that reads everything back, by the straight way. */
    const proven = async () =>
      (await house.migrateAsJson([...words(), '--verify', 'full'])).lines.at(-1);
  });
});

/** Downloads by several clients, one package after the other, until it is ended. */
function downloading(client: PlainClient, packages: ReadonlyMap<string, string>) {
  const failures: string[] = [];
  let downloads = 0;
  let isOver = false;
  const one = async (offset: number) => {
    for (let turn = offset; !isOver; turn++) {
      const [name = '', sha256] = [...packages][turn % packages.size] ?? [];
      try {
        const got = sha256Of(await client.pull('1.0.0', `${name}.bin`));
        if (got !== sha256) failures.push(`${name}: sha256 ${got}`);
      } catch (error) {
        failures.push(`${name}: ${String(error)}`);
      }
      downloads += 1;
    }
  };
  const all = Promise.all(Array.from({ length: CLIENTS }, (_, index) => one(index * 5)));
  return {
    async end() {
      isOver = true;
      await all;
      return { failures, downloads };
    },
  };
}
