/** A migration killed with SIGKILL and started again: three seeded moments here, fifty in `npm run soak`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { crashMigration, nothingLost } from './migrate-crash.ts';

const binary = findVersitygw();
const describeOnServer = binary === undefined ? describe.skip : describe;

describeOnServer('a killed migration, on versitygw', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startVersitygw(binary ?? '');
  });
  afterAll(() => server.stop());

  test.each([1, 2, 3])(
    'goes on where it was, and sends nothing twice that was there (seed %d)',
    async (seed) => {
      expect(await crashMigration(seed, server)).toMatchObject(nothingLost);
    },
    60_000,
  );
});
