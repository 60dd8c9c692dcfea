/**
 * The README is true: its commands are run word for word against a server, and print what their
 * comments say.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { ServerProcess } from '../support/server-process.ts';
import { expectPromises, linkCheckout } from './readme-commands.ts';

describe('the README', () => {
  let folder: string;
  let server: ServerProcess;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stowage-readme-'));
    linkCheckout(folder);
    server = await ServerProcess.start(join(folder, 'stowage-data'));
  });

  afterEach(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(['quick-start', 'curl'])(
    'commands of %s print what they promise',
    (name) => {
      // Only the port differs from what a reader types: the default one may be taken on this machine.
      expectPromises(name, folder, { 'http://127.0.0.1:8787': server.url });
    },
    60_000,
  );
});
