/** The commands of the README for stores that speak S3, word for word against a real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { ServerProcess } from '../support/server-process.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { expectPromises, linkCheckout } from './readme-commands.ts';
import { type StartStore, storeSettings } from './readme-store.ts';

/** @param start skips, and says so, where it is undefined */
export function describeStore(name: string, start: StartStore): void {
  describe(`the README on ${name}`, () => {
    let folder: string;
    let store: S3Server;
    let server: ServerProcess;

    if (start === undefined) {
      test.skip(`${name} is not installed: the commands are not run`, () => {});
      return;
    }

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'stowage-readme-'));
      linkCheckout(folder);
      store = await start();
      server = await ServerProcess.start(join(folder, 'stowage-data'), storeSettings(store));
    });

    afterEach(async () => {
      await server.stop();
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test('commands print what they promise', () => {
      const replaced = {
        'http://127.0.0.1:8787': server.url,
        'http://127.0.0.1:9000': store.endpoint,
      };
      expectPromises('s3', folder, replaced);
    });
  });
}
