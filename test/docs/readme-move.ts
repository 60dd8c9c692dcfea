/** The commands of the README that move a service from disk to S3 and back, word for word, while a client downloads in a loop. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PlainClient } from '../support/plain-client.ts';
import { ServerProcess } from '../support/server-process.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { expectPromises, linkCheckout } from './readme-commands.ts';
import { type StartStore, storeSettings } from './readme-store.ts';

const MIB = 1024 * 1024;

/**
 * Downloads until there is a file `stop`, or the tests are gone: twenty files a second, by one curl
 * for each four, so that little of the machine goes to starting it. Each gives a line in
 * `downloads`, with the status first.
 */
const LOOP = `files=()
for file in package-0 package-1 package-2 large; do
  files+=(-o /dev/null "$URL/packages/1.0.0/$file.bin")
done
while [ ! -e stop ] && kill -0 "$PPID"; do
  curl -sL --rate 20/s -w '%{http_code} %{url}\\n' -H "Authorization: Bearer $TOKEN" "\${files[@]}" >> downloads
done`;

/** @param start skips, and says so, where it is undefined */
export function describeMove(name: string, start: StartStore): void {
  describe(`the README on moving to ${name}`, () => {
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
      const storage = join(folder, 'stowage-data');
      const disk = await ServerProcess.start(storage);
      const publisher = new PlainClient(disk.url, disk.adminToken);
      for (const index of Array(20).keys()) {
        await publisher.push(
          '1.0.0',
          `package-${index}`,
          Buffer.alloc(1000 * index + 1, `package ${index}`),
          'single',
        );
      }
      await publisher.push('1.0.0', 'large', Buffer.alloc(40 * MIB, 'l'), 'multipart');
      await disk.stop();
      server = await ServerProcess.start(storage, {
        ...storeSettings(store),
        STORAGE_FALLBACK: 'local',
      });
    });

    afterEach(async () => {
      await server.stop();
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test('commands print what they promise, and no download fails meanwhile', async () => {
      const { accessKeyId, secretAccessKey } = store.credentials;
      const env = { ...process.env, URL: server.url, TOKEN: server.adminToken };
      const loop = spawn('bash', ['-c', LOOP], { cwd: folder, env, stdio: 'ignore' });
      const ended = once(loop, 'exit');
      try {
        expectPromises('move', folder, {
          'http://127.0.0.1:9000': store.endpoint,
          'S3_ACCESS_KEY=... S3_SECRET_KEY=...': `S3_ACCESS_KEY=${accessKeyId} S3_SECRET_KEY=${secretAccessKey}`,
        });
      } finally {
        writeFileSync(join(folder, 'stop'), '');
        await ended;
      }

      const downloads = readFileSync(join(folder, 'downloads'), 'utf8').trimEnd().split('\n');
      expect(downloads.filter((line) => !line.startsWith('200 '))).toEqual([]);
      expect(downloads.length).toBeGreaterThan(4);
      const report = readFileSync(join(folder, 'report.jsonl'), 'utf8');
      expect(report.match(/"outcome":"moved"/g)).toHaveLength(21);
    });
  });
}
