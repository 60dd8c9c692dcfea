/** Records of the table's stream are read as the records that the catalog wrote. */
import { expect, test } from '@jest/globals';
import type { Item } from '../../../storage/dynamo/fields.ts';
import {
  channelItem,
  type PlacedItem,
  packageItem,
  tokenItem,
  versionItem,
} from '../../../storage/dynamo/items.ts';
import { readChange } from '../../../storage/dynamo/stream-changes.ts';
import { at, channelRecord, packageRecord, tokenRecord, V1 } from '../catalog-contract/records.ts';

function changeOf(NewImage: PlacedItem | undefined, OldImage?: PlacedItem) {
  const { pk, sk } = NewImage ?? OldImage ?? {};
  const images = { ...(NewImage && { NewImage }), ...(OldImage && { OldImage }) };
  return readChange({ dynamodb: { Keys: { pk, sk } as Item, ...images } });
}

test('a package, a version and a channel are what they were before and after', () => {
  const pending = packageRecord('linux', { metadata: { commit: 'ä' } });
  const available = { ...pending, state: 'available', publishedAt: at(1) } as const;
  const draft = { versionId: V1, createdAt: at(0), draft: true } as const;
  const channel = channelRecord('stable', '1.0.0');

  expect(changeOf(packageItem(available), packageItem(pending))).toEqual({
    of: 'package',
    before: pending,
    after: available,
  });
  expect(changeOf(versionItem(draft))).toEqual({ of: 'version', after: draft });
  expect(changeOf(channelItem(channel), channelItem(channel))).toEqual({
    of: 'channel',
    before: channel,
    after: channel,
  });
});

test('a token is none of them, and a record that was removed is no change', () => {
  expect(changeOf(tokenItem(tokenRecord('token001')))).toBeUndefined();
  expect(changeOf(undefined, packageItem(packageRecord('linux')))).toBeUndefined();
});

test('a damaged record is an error', () => {
  const { state: _, ...damaged } = packageItem(packageRecord('linux'));

  expect(() => changeOf(damaged as PlacedItem)).toThrow(
    expect.objectContaining({ code: 'INTERNAL' }),
  );
});
