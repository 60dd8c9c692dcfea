/**
 * Reads the records of the table's stream: which record of the catalog changed, before and after.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */

import { TABLE } from '../../core/layout.ts';
import type { RecordChange } from '../../core/reading/announcements.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { Item } from './fields.ts';
import { readChannel, readPackage, readVersion } from './items.ts';

export interface StreamRecord {
  readonly dynamodb?: {
    readonly Keys?: Item;
    readonly OldImage?: Item;
    readonly NewImage?: Item;
  };
}

/**
 * @returns undefined if a record was removed, or is of a kind that nothing is announced of
 * @throws INTERNAL for a damaged record
 */
export function readChange({ dynamodb = {} }: StreamRecord): RecordChange | undefined {
  const { Keys: keys, OldImage: before, NewImage: after } = dynamodb;
  if (after === undefined) return undefined;
  const partition = keys?.[TABLE.key.partition]?.S ?? '';
  const { packages, versions, channels } = TABLE.partition;
  if (partition.startsWith(packages)) return { of: 'package', ...both(readPackage, before, after) };
  if (partition === versions) return { of: 'version', ...both(readVersion, before, after) };
  if (partition === channels) return { of: 'channel', ...both(readChannel, before, after) };
  return undefined;
}

function both<Rec>(read: (item: Item) => Rec, before: Item | undefined, after: Item) {
  return { after: read(after), ...withoutUndefined({ before: before && read(before) }) };
}
