/** Contract: channels and tokens. */
import { describe, expect, test } from '@jest/globals';
import { parseChannelName, parseExt, parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { PageRequest } from '../../../core/ports/catalog.ts';
import type { ChannelRecord, LinkRecord } from '../../../core/records.ts';
import {
  at,
  type CatalogHarness,
  channelRecord,
  countOf,
  everyItem,
  tokenRecord,
} from './records.ts';

const STABLE = parseChannelName('stable');
const ONE = parseVersionId('1');
const TWO = parseVersionId('2');

export function describeChannels(harness: () => CatalogHarness): void {
  describe('channels', () => {
    test('a channel is set, changed and deleted', async () => {
      const { catalog } = harness();
      expect(await catalog.getChannel(STABLE)).toBeUndefined();

      expect(await catalog.putChannel(channelRecord('stable', '1', 1))).toBe(true);
      expect(await catalog.getChannel(STABLE)).toStrictEqual(channelRecord('stable', '1', 1));
      expect(await catalog.putChannel(channelRecord('stable', '2', 2))).toBe(true);
      expect(await catalog.getChannel(STABLE)).toStrictEqual(channelRecord('stable', '2', 2));
      expect(await catalog.deleteChannel(STABLE)).toBe(true);

      expect(await catalog.getChannel(STABLE)).toBeUndefined();
    });

    test('a channel changes only if it points to the expected version', async () => {
      const { catalog } = harness();

      expect(await catalog.putChannel(channelRecord('stable', '2'), { versionId: ONE })).toBe(
        false,
      );
      expect(await catalog.getChannel(STABLE)).toBeUndefined();
      await catalog.putChannel(channelRecord('stable', '1', 1));
      expect(await catalog.putChannel(channelRecord('stable', '3'), { versionId: TWO })).toBe(
        false,
      );
      expect(await catalog.getChannel(STABLE)).toStrictEqual(channelRecord('stable', '1', 1));
      expect(await catalog.putChannel(channelRecord('stable', '3', 5), { versionId: ONE })).toBe(
        true,
      );

      expect(await catalog.getChannel(STABLE)).toStrictEqual(channelRecord('stable', '3', 5));
    });

    test('when 32 callers create the same channel, one wins', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;

      const answers = await Promise.all(
        Array.from({ length: 32 }, (_, index) =>
          (index % 2 === 0 ? catalog : other).putChannel(
            channelRecord('stable', `2.${index}`, index),
            null,
          ),
        ),
      );

      expect(answers.filter((made) => made)).toHaveLength(1);
      expect(await catalog.getChannel(STABLE)).toMatchObject({
        versionId: `2.${answers.indexOf(true)}`,
      });
    });

    test('a channel keeps its history, its rollouts and whether it is public, and can be expected to be unchanged', async () => {
      const { catalog } = harness();
      const record: ChannelRecord = {
        ...channelRecord('stable', '2', 2),
        public: true,
        history: [
          { versionId: TWO, movedAt: at(2), movedBy: 'maker001' },
          { versionId: ONE, movedAt: at(1) },
        ],
      };

      await catalog.putChannel(record);
      expect(await catalog.getChannel(STABLE)).toStrictEqual(record);

      const rollingOut: ChannelRecord = {
        ...record,
        updatedAt: at(3),
        rollout: {
          versionId: parseVersionId('3'),
          percent: 2.5,
          seed: 'a seed',
          paused: true,
          startedAt: at(3),
          startedBy: 'maker001',
        },
        triedVersions: [{ versionId: parseVersionId('0'), movedAt: at(0), movedBy: 'maker001' }],
      };
      expect(await catalog.putChannel(rollingOut, record)).toBe(true);
      expect(await catalog.getChannel(STABLE)).toStrictEqual(rollingOut);
      expect(await catalog.putChannel(record)).toBe(true);
      expect(await catalog.getChannel(STABLE)).toStrictEqual(record);

      const moved = channelRecord('stable', '3', 3);
      expect(await catalog.putChannel(moved, { versionId: TWO, updatedAt: at(1) })).toBe(false);
      expect(await catalog.putChannel(moved, record)).toBe(true);
    });

    test('a channel is deleted only if it points to the expected version; a missing one counts as deleted', async () => {
      const { catalog } = harness();

      expect(await catalog.deleteChannel(STABLE)).toBe(true);
      expect(await catalog.deleteChannel(STABLE, ONE)).toBe(true);
      await catalog.putChannel(channelRecord('stable', '1'));
      expect(await catalog.deleteChannel(STABLE, TWO)).toBe(false);
      expect(await catalog.getChannel(STABLE)).toStrictEqual(channelRecord('stable', '1'));
      expect(await catalog.deleteChannel(STABLE, ONE)).toBe(true);

      expect(await catalog.getChannel(STABLE)).toBeUndefined();
    });

    test('when 32 changes from one version race, one wins', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      await catalog.putChannel(channelRecord('stable', '1'));

      const answers = await Promise.all(
        Array.from({ length: 32 }, (_, index) =>
          (index % 2 === 0 ? catalog : other).putChannel(
            channelRecord('stable', `2.${index}`, index),
            { versionId: ONE },
          ),
        ),
      );

      const winner = answers.indexOf(true);
      expect(countOf(answers)).toEqual({ yes: 1, no: 31 });
      expect(await other.getChannel(STABLE)).toStrictEqual(
        channelRecord('stable', `2.${winner}`, winner),
      );
    });

    test('are listed by the bytes of their names, page by page', async () => {
      const { catalog, settled } = harness();
      const inOrder = ['0', 'A-', 'A0', 'Z', 'a', 'a-b', 'a_b', 'aa', 'b'].map((name) =>
        channelRecord(name, '1'),
      );
      const list = (page: PageRequest) => catalog.listChannels(page);
      for (const channel of inOrder.toReversed()) await catalog.putChannel(channel);
      await settled();

      for (const limit of [1, 4, 9, 1000])
        expect(await everyItem(list, limit)).toStrictEqual(inOrder);

      await catalog.deleteChannel(parseChannelName('Z'));
      await settled();
      expect(await everyItem(list, 3)).toStrictEqual(
        inOrder.filter(({ channel }) => channel !== 'Z'),
      );
    });
  });
}

export function describeTokens(harness: () => CatalogHarness): void {
  describe('tokens', () => {
    test('a token is read back equal, with all optional fields or with none', async () => {
      const { catalog } = harness();
      const bare = tokenRecord('bare0000', { scopes: [] });
      const full = tokenRecord('full0000', {
        name: 'größe "1" 📦',
        scopes: ['read', 'publish', 'admin'],
        versions: '1.*',
        expiresAt: at(9),
        makers: ['first000', 'second00'],
        origin: 'oidc:github:acme/tool@commit run 1',
        upload: {
          versionId: parseVersionId('1.0.0'),
          packageId: parsePackageId('linux-x64'),
          filename: 'größe.tar.gz',
          ext: parseExt('tar.gz'),
          size: 5,
        },
      });

      await catalog.createToken(bare);
      await catalog.createToken(full);

      expect(await catalog.getToken('bare0000')).toStrictEqual(bare);
      expect(await catalog.getToken('full0000')).toStrictEqual(full);
      expect(await catalog.getToken('none0000')).toBeUndefined();
    });

    test('a tokenId can be taken only once', async () => {
      const { catalog } = harness();

      const answers = await Promise.all(
        ['first', 'second'].map((name) => catalog.createToken(tokenRecord('token000', { name }))),
      );

      expect(countOf(answers)).toEqual({ yes: 1, no: 1 });
      expect((await catalog.getToken('token000'))?.name).toBe(answers[0] ? 'first' : 'second');
    });

    test('a token is deleted at once, and deleting can be repeated', async () => {
      const { catalog } = harness();
      await catalog.createToken(tokenRecord('token000'));

      await catalog.deleteToken('token000');
      expect(await catalog.getToken('token000')).toBeUndefined();
      await catalog.deleteToken('token000');

      expect(await catalog.createToken(tokenRecord('token000'))).toBe(true);
    });

    test('allTokens is strongly consistent, also on another server', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      // More than 1 MB, the limit of one answer of DynamoDB.
      const name = 'n'.repeat(300_000);
      const inOrder = Array.from({ length: 5 }, (_, index) =>
        tokenRecord(`token00${index}`, { name }),
      );
      expect(await other.allTokens()).toStrictEqual([]);

      for (const record of inOrder.toReversed()) {
        await catalog.createToken(record);
        expect((await other.allTokens())[0]).toStrictEqual(record);
      }

      expect(await other.allTokens()).toStrictEqual(inOrder);
    });

    test('setTokenMakers changes only the makers of a token, and does not create a deleted one again', async () => {
      const { catalog } = harness();
      const record = tokenRecord('token000', {
        versions: '1.*',
        expiresAt: at(9),
        makers: ['first000', 'second00'],
      });
      await catalog.createToken(record);

      expect(await catalog.setTokenMakers('token000', ['first000'])).toBe(true);
      expect(await catalog.getToken('token000')).toStrictEqual({ ...record, makers: ['first000'] });
      await catalog.deleteToken('token000');

      expect(await catalog.setTokenMakers('token000', [])).toBe(false);
      expect(await catalog.getToken('token000')).toBeUndefined();
    });

    test('are listed by tokenId, page by page', async () => {
      const { catalog, settled } = harness();
      const inOrder = Array.from({ length: 25 }, (_, index) =>
        tokenRecord(`token0${String(index).padStart(2, '0')}`),
      );
      const list = (page: PageRequest) => catalog.listTokens(page);
      await Promise.all(inOrder.toReversed().map((record) => catalog.createToken(record)));
      await settled();

      for (const limit of [1, 7, 25, 1000])
        expect(await everyItem(list, limit)).toStrictEqual(inOrder);
    });
  });
}

export function describeLinks(harness: () => CatalogHarness): void {
  const link: LinkRecord = {
    linkId: 'link0000',
    secretSha256: 'c'.repeat(64),
    versionId: ONE,
    filename: 'größe "1".exe',
    expiresAt: at(9),
    maxDownloads: 2,
    note: 'für 大',
    createdAt: at(0),
    createdBy: 'maker001',
  };

  describe('links for people', () => {
    test('are read back equal, created once, listed by id and deleted', async () => {
      const { catalog, settled } = harness();
      const { maxDownloads: _, note: __, ...bare } = { ...link, linkId: 'link0001' };

      expect(await catalog.createLink(bare)).toBe(true);
      expect(await catalog.createLink(link)).toBe(true);
      expect(await catalog.createLink({ ...link, filename: 'other' })).toBe(false);
      await settled();

      expect(await catalog.getLink('link0000')).toStrictEqual(link);
      expect(await catalog.getLink('link0001')).toStrictEqual(bare);
      expect(await catalog.getLink('none0000')).toBeUndefined();
      const list = (page: PageRequest) => catalog.listLinks(page);
      expect(await everyItem(list, 1)).toStrictEqual([link, bare]);
      await catalog.deleteLink('link0000');
      await catalog.deleteLink('link0000');
      expect(await catalog.getLink('link0000')).toBeUndefined();
    });

    test('when a link allows 2 downloads and 8 come at once, 2 are counted', async () => {
      const { catalog, second } = harness();
      const other = (await second?.()) ?? catalog;
      await catalog.createLink(link);

      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 === 0 ? catalog : other).countDownload('link0000'),
        ),
      );

      expect(countOf(answers)).toEqual({ yes: 2, no: 6 });
      expect(await catalog.getLink('link0000')).toStrictEqual({ ...link, downloads: 2 });
      expect(await catalog.countDownload('none0000')).toBe(false);
    });
  });
}
