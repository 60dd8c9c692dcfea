/** The chain of days: a row that was removed or altered in the catalog is named by its day. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { closeAuditDays, verifyAudit } from '../../../core/audit/days.ts';
import { everyItem } from '../../../core/ports/catalog.ts';
import type { AuditDay } from '../../../core/records.ts';
import { SqliteCatalog } from '../../../storage/sqlite/sqlite-catalog.ts';
import { tokenRecord } from '../../storage/catalog-contract/records.ts';

let folder: string;
let now: Date;
let catalog: SqliteCatalog;
let tokens: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-audit-'));
  now = new Date('2026-11-20T12:00:00.000Z');
  catalog = SqliteCatalog.open({ path: join(folder, 'catalog.db'), now: () => now.getTime() });
  tokens = 0;
});

afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true });
});

const close = (auditRetentionDays = 400) =>
  closeAuditDays({ catalog, clock: () => now, limits: { auditRetentionDays } });

async function change(): Promise<void> {
  tokens += 1;
  await catalog.createToken(tokenRecord(`token${String(tokens).padStart(3, '0')}`));
}

/** Three days with two changes each, on the 20th to the 22nd, which are closed on the 23rd. */
async function threeDays(): Promise<void> {
  for (const day of ['20', '21', '22']) {
    for (const hour of ['08', '20']) {
      now = new Date(`2026-11-${day}T${hour}:00:00.000Z`);
      await change();
    }
  }
  now = new Date('2026-11-21T01:00:00.000Z');
  await close();
  now = new Date('2026-11-23T01:00:00.000Z');
  await close();
}

/** As the owner of the machine changes the file, behind the service's back. */
function alter(sql: string): void {
  const db = new DatabaseSync(join(folder, 'catalog.db'));
  const { changes } = db.prepare(sql).run();
  db.close();
  if (changes === 0) throw new Error(`nothing was altered by ${sql}`);
}

async function faults(at = now): Promise<readonly string[]> {
  const days: AuditDay[] = [];
  for await (const day of everyItem((page) => catalog.listAuditDays(page))) days.unshift(day);
  const events = everyItem((page) => catalog.listAudit({ to: '2026-11-23' }, page));
  return (await verifyAudit(days, events, at)).map(({ day, why }) => `${day}: ${why}`);
}

describe('the digests of the days', () => {
  test('fit what was noted, and are written once', async () => {
    await threeDays();

    expect(await faults()).toEqual([]);
    expect(await close()).toEqual([]);
    expect((await catalog.listAuditDays({ limit: 9 })).items).toMatchObject([
      { day: '2026-11-22', count: 2 },
      { day: '2026-11-21', count: 2 },
      { day: '2026-11-20', count: 2, previous: '' },
    ]);
  });

  test('wait until a day has settled', async () => {
    await change();
    now = new Date('2026-11-21T00:09:59.000Z');
    expect(await close()).toMatchObject([{ day: '2026-11-19', count: 0 }]);

    now = new Date('2026-11-21T00:10:00.000Z');
    expect(await close()).toMatchObject([{ day: '2026-11-20', count: 1 }]);
  });

  test.each([
    [
      "DELETE FROM audit_events WHERE at = '2026-11-21T08:00:00.000Z'",
      ['2026-11-21: 1 events, there were 2'],
    ],
    [
      "UPDATE audit_events SET record = replace(record, 'stowage', 'stewage') WHERE at = '2026-11-21T20:00:00.000Z'",
      ['2026-11-21: an event was altered: the 2 events do not fit the digest'],
    ],
    [
      "INSERT INTO audit_events (at, record) SELECT at, record FROM audit_events WHERE at = '2026-11-20T08:00:00.000Z'",
      ['2026-11-20: 3 events, there were 2'],
    ],
    [
      "UPDATE audit_events SET record = '{' WHERE at = '2026-11-22T20:00:00.000Z'",
      ['2026-11-22: 1 events, there were 2'],
    ],
    ["DELETE FROM audit_days WHERE day = '2026-11-21'", ['2026-11-21: its digest was removed']],
    ["DELETE FROM audit_days WHERE day = '2026-11-20'", ['2026-11-20: its digest was removed']],
    [
      'UPDATE audit_days SET record = replace(record, \'"until":"2027\', \'"until":"2025\') WHERE day = \'2026-11-21\'',
      ['2026-11-21: its digest was altered'],
    ],
  ])('show that somebody ran %s', async (sql, expected) => {
    await threeDays();

    alter(sql);

    expect(await faults()).toEqual(expected);
  });

  test('show a digest that was written again after its events were removed', async () => {
    await threeDays();
    alter("DELETE FROM audit_events WHERE at >= '2026-11-20' AND at < '2026-11-21'");
    alter("DELETE FROM audit_days WHERE day = '2026-11-20'");
    const later = (await catalog.listAuditDays({ limit: 9 })).items;
    alter('DELETE FROM audit_days');
    now = new Date('2026-11-21T01:00:00.000Z');
    await close();
    for (const day of later.toReversed()) await catalog.createAuditDay(day);
    now = new Date('2026-11-23T01:00:00.000Z');

    expect(await faults()).toEqual([
      '2026-11-21: it does not follow 2026-11-20, whose digest was written again',
    ]);
  });

  test('are due two days after', async () => {
    await threeDays();

    expect(await faults(new Date('2026-11-24T23:00:00Z'))).toEqual([]);
    expect(await faults(new Date('2026-11-25T01:00:00Z'))).toEqual([
      '2026-11-23: it has no digest, although it ended long ago',
    ]);
  });

  test('stay when the time of their events is over, and these are taken away', async () => {
    await change();
    now = new Date('2026-11-21T01:00:00.000Z');
    await close(1);
    expect((await catalog.listAudit({}, { limit: 9 })).items).toEqual([]);
    await change();
    now = new Date('2026-11-22T01:00:00.000Z');
    await close(2);

    expect((await catalog.listAudit({}, { limit: 9 })).items).toHaveLength(1);
    expect(await faults()).toEqual([]);
  });
});
