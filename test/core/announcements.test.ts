/** What is announced when a record changes: what readers can download from now on, and what they no longer can. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { announcementsOf, type RecordChange } from '../../core/reading/announcements.ts';
import type { ChannelRecord, PackageRecord, PackageState } from '../../core/records.ts';
import { MemoryCatalog } from '../../storage/memory/memory-catalog.ts';
import {
  ALL_STATES,
  at,
  channelRecord,
  expectedOf,
  packageRecord,
  V1,
} from '../storage/catalog-contract/records.ts';

const publicUrl = 'https://files.example.com';

let catalog: MemoryCatalog;
beforeEach(() => {
  catalog = new MemoryCatalog();
});

const announced = (change: RecordChange) => announcementsOf({ catalog, publicUrl }, change);

async function typesOf(before: PackageRecord | undefined, after: PackageRecord) {
  const announcements = await announced({
    of: 'package',
    after,
    ...(before === undefined ? {} : { before }),
  });
  return announcements.map(({ type }) => type);
}

const inState = (state: PackageState) => packageRecord('linux', { state });

describe('of a package', () => {
  const ANNOUNCED: Readonly<Record<string, string>> = {
    'pending available': 'Package Available',
    'verifying available': 'Package Available',
    'rejected available': 'Package Available',
    'yanked available': 'Package Restored',
    'deleted available': 'Package Available',
    'available yanked': 'Package Yanked',
    'available deleted': 'Package Deleted',
    'yanked deleted': 'Package Deleted',
  };

  test.each(ALL_STATES.flatMap((from) => ALL_STATES.map((to) => [from, to] as const)))(
    'from %s to %s is announced if readers notice it',
    async (from, to) => {
      const wanted = ANNOUNCED[`${from} ${to}`];

      expect(await typesOf(inState(from), inState(to))).toEqual(wanted ? [wanted] : []);
    },
  );

  test('that is new in the table, from a backup say, is announced in no state', async () => {
    for (const state of ALL_STATES) expect(await typesOf(undefined, inState(state))).toEqual([]);
  });

  test('names the file, its digest, its computer and its stable link', async () => {
    const after = packageRecord('linux', {
      state: 'available',
      os: 'linux',
      arch: 'x64',
      publishedAt: at(7),
      filename: 'App 1.tar.gz',
    });

    const [announcement] = await announced({ of: 'package', before: inState('verifying'), after });

    expect(announcement?.detail).toEqual({
      versionId: '1.0.0',
      packageId: 'linux',
      ext: 'tar.gz',
      filename: 'App 1.tar.gz',
      url: 'https://files.example.com/packages/1.0.0/App%201.tar.gz',
      size: 3,
      sha256: 'a'.repeat(64),
      contentType: 'application/gzip',
      os: 'linux',
      arch: 'x64',
      publishedAt: at(7),
    });
  });
});

describe('of a draft', () => {
  const draft = { versionId: V1, createdAt: at(0), draft: true } as const;

  beforeEach(() => catalog.createVersion(draft));

  async function publish(id: string): Promise<{ before: PackageRecord; after: PackageRecord }> {
    const before = packageRecord(id, { draft: true });
    await catalog.createPackage(before);
    const change = { state: 'available' } as const;
    const after = await catalog.changePackage(before, expectedOf(before), change);
    return { before, after: after ?? before };
  }

  test('nothing is announced before it is released, then each of its packages', async () => {
    const first = await publish('linux');
    const hidden = await typesOf(first.before, first.after);
    await catalog.createPackage(packageRecord('pending', { draft: true }));
    const after = await catalog.changeVersion(V1, { isDraft: true }, { draft: null });

    const released = await announced({
      of: 'version',
      before: draft,
      after: after ?? draft,
    });

    expect(hidden).toEqual([]);
    expect(released.map(({ type, detail }) => [type, detail['packageId']])).toEqual([
      ['Package Available', 'linux'],
    ]);
  });

  test('a package that is published after the release is announced by itself', async () => {
    await catalog.changeVersion(V1, { isDraft: true }, { draft: null });
    const { before, after } = await publish('linux');

    expect(await typesOf(before, after)).toEqual(['Package Available']);
  });

  test('other changes of a version are not announced', async () => {
    const { draft: _, ...open } = draft;
    const notes = { ...draft, notes: 'soon' };

    expect(await announced({ of: 'version', before: draft, after: notes })).toEqual([]);
    expect(await announced({ of: 'version', before: open, after: open })).toEqual([]);
    expect(await announced({ of: 'version', after: open })).toEqual([]);
  });
});

describe('of a channel', () => {
  const first: ChannelRecord = channelRecord('stable', '1.0.0', 1);
  const second: ChannelRecord = channelRecord('stable', '1.1.0', 2);

  test('its first version and each move are announced', async () => {
    expect(await announced({ of: 'channel', after: first })).toEqual([
      {
        type: 'Channel Moved',
        detail: { channel: 'stable', versionId: '1.0.0', movedAt: at(1) },
      },
    ]);
    expect(await announced({ of: 'channel', before: first, after: second })).toEqual([
      {
        type: 'Channel Moved',
        detail: {
          channel: 'stable',
          versionId: '1.1.0',
          previousVersionId: '1.0.0',
          movedAt: at(2),
        },
      },
    ]);
  });

  test('that is made public stays where it is, which is not announced', async () => {
    expect(
      await announced({ of: 'channel', before: first, after: { ...first, public: true } }),
    ).toEqual([]);
  });
});
