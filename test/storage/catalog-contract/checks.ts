/** Contract: the results of checks, and what a channel asks. */
import { describe, expect, test } from '@jest/globals';
import type { CheckRun } from '../../../core/checked.ts';
import { parseChannelName, parseVersionId } from '../../../core/names.ts';
import { at, type CatalogHarness, channelRecord, packageRecord } from './records.ts';

const running: CheckRun = {
  checkId: '0123456789abcdef0123456789abcdef',
  versionId: parseVersionId('1.4.0'),
  channel: parseChannelName('stable'),
  policy: { feedNames: ['größe.yml'], minisign: 'RWQ', feeds: true },
  state: 'running',
  startedAt: at(0),
};
const done: CheckRun = {
  ...running,
  state: 'done',
  endedAt: at(1),
  passed: true,
  checks: [
    { check: 'electron', filename: 'größe.yml', line: 4, verdict: 'skipped', detail: 'no "key"\n' },
    { check: 'stored-bytes', verdict: 'failed', detail: 'half a character: \ud800' },
  ],
  earlier: { 'App-1.3.0.exe': '1.3.0 available' },
};

export function describeChecks(harness: () => CatalogHarness): void {
  describe('runs of checks', () => {
    test('are read back equal while they run and when they are done', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      expect(await catalog.getCheckRun(running.checkId)).toBeUndefined();

      await catalog.putCheckRun(running);
      expect(await other.getCheckRun(running.checkId)).toStrictEqual(running);
      await other.putCheckRun(done);

      expect(await catalog.getCheckRun(running.checkId)).toStrictEqual(done);
      expect(await catalog.getCheckRun('f'.repeat(32))).toBeUndefined();
    });

    test('do not need a channel', async () => {
      const { catalog } = harness();
      const { channel: _, ...bare } = running;

      await catalog.putCheckRun(bare);

      expect(await catalog.getCheckRun(running.checkId)).toStrictEqual(bare);
    });
  });

  test('a package keeps the digests that a check has computed', async () => {
    const { catalog } = harness();
    const record = packageRecord('tool', { state: 'available' });
    await catalog.createPackage(record);
    const digests = { sha512: '5'.repeat(128), sha1: '1'.repeat(40), blake2b512: 'b'.repeat(128) };
    const { attemptId } = record;

    const expected = { attemptId, states: ['available', 'yanked'] } as const;
    const changed = await catalog.changePackage(record, expected, { digests });

    expect(changed).toStrictEqual({ ...record, digests });
    expect(await catalog.getPackage(record)).toStrictEqual({ ...record, digests });
  });

  test('a channel keeps what it asks of versions', async () => {
    const { catalog } = harness();
    const asking = { ...channelRecord('stable', '1'), policy: running.policy };

    await catalog.putChannel(asking);

    expect(await catalog.getChannel(parseChannelName('stable'))).toStrictEqual(asking);
  });
}
