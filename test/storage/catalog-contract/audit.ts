/** Contract: every change is noted with the change itself, and days have one digest each. */
import { describe, expect, test } from '@jest/globals';
import { actAs, addAuditDetail } from '../../../core/audit/actor.ts';
import { parseChannelName } from '../../../core/names.ts';
import type { Catalog } from '../../../core/ports/catalog.ts';
import type { AuditDay, AuditEvent, TrustRule } from '../../../core/records.ts';
import {
  at,
  type CatalogHarness,
  channelRecord,
  everyItem,
  expectedOf,
  packageRecord,
  tokenRecord,
  V1,
} from './records.ts';

const SEALED = { sealedAt: at(9), sealedBy: 'maker001', sealing: null };
const LINK = {
  ...{ linkId: 'l'.repeat(16), secretSha256: 'c'.repeat(64), versionId: V1 },
  ...{ filename: 'a.tar.gz', expiresAt: at(60), createdAt: at(0), createdBy: 'maker001' },
};
const RULE: TrustRule = {
  ...{ ruleId: 'rule0001', name: 'größe', issuer: 'https://ci.example.com' },
  ...{ claims: { project: 'tool' }, lifetimeSeconds: 900 },
  scopes: ['publish'],
  ...{ createdAt: at(0), createdBy: 'maker001', makers: [] },
};

/** Every kind of change once, in this order. */
async function changeEverything(catalog: Catalog): Promise<void> {
  const record = packageRecord('a');
  await catalog.createPackage(record);
  const change = (from: 'pending' | 'available' | 'yanked', to: object) =>
    catalog.changePackage(record, { ...expectedOf(record), states: [from] }, to);
  await change('pending', { state: 'available', publishedAt: at(1) });
  await change('available', { state: 'yanked', yankedAt: at(2), yankReason: 'größe' });
  await change('yanked', { state: 'available', yankedAt: null, yankReason: null });
  await change('available', { state: 'deleted' });
  await catalog.changeVersion(V1, { isDraft: false }, { notes: 'Größer' });
  await catalog.changeVersion(V1, { isDraft: false }, { sealing: 'now' });
  await catalog.changeVersion(V1, { isDraft: false, sealing: 'now' }, SEALED);
  await catalog.putChannel({ ...channelRecord('stable', '1.0.0'), public: true });
  await catalog.deleteChannel(parseChannelName('stable'));
  await catalog.createToken(tokenRecord('token001', { expiresAt: at(60) }));
  const job = { origin: 'job 7 of acme/tool', createdBy: 'rule0001' };
  await catalog.createToken(tokenRecord('token002', job));
  await catalog.deleteToken('token001');
  await catalog.createTrustRule(RULE);
  await catalog.deleteTrustRule('rule0001');
  await catalog.createLink(LINK);
  await catalog.deleteLink(LINK.linkId);
}

const own = { who: 'maker001', requestId: 'request-1' };
const ofPackage = { ...own, versionId: '1.0.0', packageId: 'a' };
const EVENTS: readonly Omit<AuditEvent, 'at'>[] = [
  { ...ofPackage, action: 'publishPackage' },
  { ...ofPackage, action: 'yankPackage', detail: { reason: 'größe' } },
  { ...ofPackage, action: 'restorePackage' },
  { ...ofPackage, action: 'deletePackage' },
  { ...own, action: 'putVersion', versionId: '1.0.0', detail: { notes: 'changed' } },
  { ...own, action: 'sealVersion', versionId: '1.0.0' },
  {
    ...{ ...own, action: 'putChannel', channel: 'stable', versionId: '1.0.0' },
    detail: { public: true },
  },
  { ...own, action: 'deleteChannel', channel: 'stable' },
  {
    ...{ ...own, action: 'createToken', tokenId: 'token001' },
    detail: { name: 'CI', scopes: ['publish'], expiresAt: at(60) },
  },
  {
    ...{ ...own, who: 'job 7 of acme/tool', action: 'exchangeToken', tokenId: 'token002' },
    detail: { name: 'CI', scopes: ['publish'], ruleId: 'rule0001' },
  },
  { ...own, action: 'deleteToken', tokenId: 'token001' },
  {
    ...{ ...own, action: 'createTrustRule' },
    detail: { ruleId: 'rule0001', name: 'größe', issuer: RULE.issuer, scopes: ['publish'] },
  },
  { ...own, action: 'deleteTrustRule', detail: { ruleId: 'rule0001' } },
  {
    ...{ ...own, action: 'createLink', versionId: '1.0.0' },
    detail: { linkId: LINK.linkId, filename: 'a.tar.gz', expiresAt: at(60) },
  },
  { ...own, action: 'deleteLink', detail: { linkId: LINK.linkId } },
];

const day = (text: string, previous = ''): AuditDay => ({
  ...{ day: text, count: 1, events: 'e'.repeat(64), until: at(1), previous },
  digest: 'd'.repeat(64),
});

export function describeAudit(harness: () => CatalogHarness): void {
  describe('the audit', () => {
    const read = async (catalog: Catalog, range = {}, limit = 4) =>
      (await everyItem((page) => catalog.listAudit(range, page), limit)).toReversed();
    const withoutTime = (events: readonly AuditEvent[]) => events.map(({ at: _, ...rest }) => rest);

    test('has every change with who made it, newest first, and no secret', async () => {
      const { catalog } = harness();
      // One after the other: each event has a time of its own.
      await actAs(own, () => changeEverything(atDifferentTimes(catalog)));

      const events = await read(catalog);

      expect(withoutTime(events)).toStrictEqual(EVENTS);
      expect(JSON.stringify(events)).not.toMatch(/[bc]{64}/);
    });

    test('names the service where no request is under way, and what an operation adds', async () => {
      const { catalog } = harness();
      await catalog.createToken(tokenRecord('token001'));
      await actAs({ ...own, action: 'putRollout' }, async () => {
        addAuditDetail({ skippedChecks: true });
        await atDifferentTimes(catalog).putChannel(channelRecord('stable', '1.0.0'));
      });

      expect(withoutTime(await read(catalog))).toMatchObject([
        { who: 'stowage', requestId: 'background', action: 'createToken' },
        { who: 'maker001', action: 'putRollout', detail: { skippedChecks: true } },
      ]);
    });

    test('has no event of a change that was refused, and one of a race', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      const record = packageRecord('a');
      await catalog.createPackage(record);
      const publish = (through: Catalog) =>
        through.changePackage(record, expectedOf(record), { state: 'available' });

      await Promise.all([publish(catalog), publish(other), publish(catalog)]);
      await catalog.changePackage(record, expectedOf(record), { state: 'deleted' });
      await catalog.changeVersion(V1, { isDraft: true }, { draft: null });
      await catalog.putChannel(channelRecord('stable', '1.0.0'), {
        versionId: V1,
        updatedAt: at(0),
      });

      expect((await read(catalog)).map(({ action }) => action)).toEqual(['publishPackage']);
    });

    test('is read between two moments', async () => {
      const { catalog } = harness();
      await catalog.createToken(tokenRecord('token001'));
      const [{ at: now } = { at: '' }] = await read(catalog);
      const later = new Date(Date.parse(now) + 1).toISOString();

      expect(await read(catalog, { from: now, to: later })).toHaveLength(1);
      expect(await read(catalog, { to: now })).toEqual([]);
      expect(await read(catalog, { from: later })).toEqual([]);
    });

    test('has one digest a day, newest first, also when two write it', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      const [first, next] = [day('2026-11-27'), day('2026-11-28', 'd'.repeat(64))];

      const made = await Promise.all([catalog.createAuditDay(first), other.createAuditDay(first)]);
      expect(made.toSorted()).toEqual([false, true]);
      expect(await catalog.createAuditDay(next)).toBe(true);

      expect(await everyItem((page) => catalog.listAuditDays(page), 1)).toStrictEqual([
        next,
        first,
      ]);
    });
  });
}

/** The same catalog; a call ends in a later millisecond than the one in which it began. */
function atDifferentTimes(catalog: Catalog): Catalog {
  return new Proxy(catalog, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...given: readonly unknown[]) => {
        const began = Date.now();
        const result: unknown = await Reflect.apply(value, target, given);
        while (Date.now() === began) await new Promise((resolve) => setImmediate(resolve));
        return result;
      };
    },
  });
}
