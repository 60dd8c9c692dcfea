/** Fifty seeded crashes of a migration. SOAK_SEED sets the first seed, so that a failure can be repeated. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crashMigration, nothingLost } from '../faults/migrate-crash.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';

const first = Number(process.env['SOAK_SEED'] ?? 1000);
const binary = findVersitygw();
const describeOnServer = binary === undefined ? describe.skip : describe;

describeOnServer('on versitygw', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startVersitygw(binary ?? '');
  });
  afterAll(() => server.stop());

  test.each(Array.from({ length: 50 }, (_, index) => first + index))(
    'a migration killed at seed %d goes on where it was',
    async (seed) => {
      expect(await crashMigration(seed, server)).toMatchObject(nothingLost);
    },
    120_000,
  );
});
