/**
 * Runs the contract suite of blob stores against S3Store on one real server, or names it as skipped
 * where that server is not installed.
 */
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { describeBlobStore } from '../blob-store.contract.ts';
import { openS3Harness, type S3HarnessOptions } from './harness.ts';

/**
 * @param start undefined where the server is not installed
 * @param settings by how the output names them
 * @param more further tests on the same server
 */
export function describeS3Store(
  serverName: string,
  start: (() => Promise<S3Server>) | undefined,
  settings: Readonly<Record<string, S3HarnessOptions>>,
  more: (server: () => S3Server) => void = () => {},
): void {
  if (start === undefined) {
    describe(`blob store contract: S3Store on ${serverName}`, () => {
      test.skip(`${serverName} is not installed: all of its suites are skipped`, () => {});
    });
    return;
  }
  let server: S3Server | undefined;
  const current = () => {
    if (server === undefined) throw new Error('the server runs only while tests run');
    return server;
  };
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());
  for (const [name, options] of Object.entries(settings)) {
    describeBlobStore(`S3Store on ${serverName} (${name})`, () =>
      openS3Harness(current(), options),
    );
  }
  more(current);
}
