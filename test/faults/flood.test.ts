/** Three hundred hostile connections; `npm run soak` has 1,500. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ServerProcess } from '../support/server-process.ts';
import { flood } from './flood.ts';

async function inFolder<Result>(act: (path: string) => Promise<Result>): Promise<Result> {
  const path = mkdtempSync(join(tmpdir(), 'stowage-flood-'));
  try {
    return await act(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

test('300 hostile connections with unknown tokens are refused at once, and pushes and pulls go on', async () => {
  const report = await inFolder((path) => flood(300, path));

  expect(report.delivered).toBe(5);
  // 408: headers that did not come in time.
  expect(['401', '408', '429']).toEqual(expect.arrayContaining(Object.keys(report.statuses)));
  expect(report.peakMib ?? 0).toBeLessThan(200);
});

// Only Linux shows what a process was started with.
const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux(
  'a server bounds the memory that V8 takes for new objects, unless somebody chose a size',
  async () => {
    const argumentsWith = (environment: Readonly<Record<string, string>>) =>
      inFolder(async (path) => {
        const server = await ServerProcess.start(path, environment);
        const started = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').split('\0');
        await server.kill();
        return started;
      });

    expect(await argumentsWith({})).toContain('--max-semi-space-size=16');
    expect(await argumentsWith({ NODE_OPTIONS: '--max-semi-space-size=8' })).not.toContain(
      '--max-semi-space-size=16',
    );
  },
);
