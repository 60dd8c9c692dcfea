/** Contract: the rules of trusted publishing, and tokens of other issuers that can be used once. */
import { describe, expect, test } from '@jest/globals';
import type { TrustRule } from '../../../core/records.ts';
import { at, type CatalogHarness } from './records.ts';

const rule: TrustRule = {
  ruleId: 'rule0001',
  name: 'releases of größe',
  issuer: 'https://token.actions.githubusercontent.com',
  claims: { repository: 'acme/tool', ref: ['refs/tags/*', 'refs/heads/大'] },
  scopes: ['publish'],
  versions: '{ref_name#v}',
  lifetimeSeconds: 900,
  createdAt: at(0),
  createdBy: 'maker001',
  makers: ['maker000', 'maker001'],
};
const { versions: _, ...bare } = { ...rule, ruleId: 'rule0000' };

export function describeTrust(harness: () => CatalogHarness): void {
  describe('rules of trust', () => {
    test('are read back equal, created once, listed by id and deleted', async () => {
      const { catalog } = harness();

      expect(await catalog.createTrustRule(rule)).toBe(true);
      expect(await catalog.createTrustRule(bare)).toBe(true);
      expect(await catalog.createTrustRule({ ...rule, name: 'other' })).toBe(false);

      expect(await catalog.allTrustRules()).toStrictEqual([bare, rule]);
      await catalog.deleteTrustRule('rule0001');
      await catalog.deleteTrustRule('rule0001');
      expect(await catalog.allTrustRules()).toStrictEqual([bare]);
    });

    test('are pinned once, also when two tokens come at the same time', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      await catalog.createTrustRule(rule);

      const pinned = await Promise.all([
        catalog.pinTrustRule('rule0001', { repository_id: '1' }),
        other.pinTrustRule('rule0001', { repository_id: '2' }),
      ]);

      expect(pinned.toSorted()).toEqual([false, true]);
      expect(await catalog.allTrustRules()).toStrictEqual([
        { ...rule, pinned: { repository_id: pinned[0] ? '1' : '2' } },
      ]);
      expect(await catalog.pinTrustRule('none0000', { repository_id: '1' })).toBe(false);
    });

    test('get other makers, and are not made by that', async () => {
      const { catalog } = harness();
      await catalog.createTrustRule(rule);

      expect(await catalog.setTrustRuleMakers('rule0001', ['maker000'])).toBe(true);
      expect(await catalog.setTrustRuleMakers('none0000', ['maker000'])).toBe(false);
      expect(await catalog.allTrustRules()).toStrictEqual([{ ...rule, makers: ['maker000'] }]);
    });
  });

  describe('what can be used once', () => {
    test('is used by one of eight that come at once, and by no one later', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;

      const used = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 === 0 ? catalog : other).useOnce('key', at(60), at(0)),
        ),
      );

      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await catalog.useOnce('key', at(60), at(60))).toBe(false);
      expect(await catalog.useOnce('another', at(60), at(60))).toBe(true);
      expect(await catalog.useOnce('key', at(60), at(60))).toBe(false);
    });
  });
}
