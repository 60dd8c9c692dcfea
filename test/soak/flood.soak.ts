/** The flood of 1,500 connections; `npm run soak` runs it, `npm test` has a smaller one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { flood } from '../faults/flood.ts';

test('1,500 hostile connections take less than 200 MiB, and pushes and pulls go on', async () => {
  const path = mkdtempSync(join(tmpdir(), 'stowage-flood-'));
  try {
    const report = await flood(1500, path);

    expect(report).toMatchObject({ delivered: 5 });
    expect(report.peakMib ?? 0).toBeLessThan(200);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}, 600_000);
