/**
 * The lists of the catalog as queries: pages that continue after a position, and what the sweep
 * reads.
 */
import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Timestamp } from '../../core/clock.ts';
import { TABLE } from '../../core/layout.ts';
import type { Page, PageRequest } from '../../core/ports/catalog.ts';
import { type PackageState, UNDER_WAY } from '../../core/records.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { stateList } from './expressions.ts';
import type { Item } from './fields.ts';
import { versionOfPosition } from './items.ts';

/**
 * The most queries for one page. If filters leave much out or items are large, the page is short.
 */
const QUERIES_PER_PAGE = 4;
/** How many items of each partition of the sweep's index are in memory at a time. */
const UNFINISHED_PAGE = 100;

type Query = Omit<QueryCommandInput, 'TableName'>;

/** A list: its query, and how the key of an item is written as a position. */
export interface List {
  readonly query: Query;
  readonly positionOf: (item: Item) => string;
  readonly keyOf: (position: string) => Item;
}

/** A partition of the table in the order of its sort keys, which are the positions. */
export function partitionList(pk: string): List {
  return {
    query: {
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': 'pk' },
      ExpressionAttributeValues: { ':pk': { S: pk } },
    },
    positionOf: (item) => item['sk']?.S ?? '',
    keyOf: (position) => ({ pk: { S: pk }, sk: { S: position } }),
  };
}

/** @param states at least one */
export function packageList(pk: string, states: readonly PackageState[]): List {
  const { query, ...list } = partitionList(pk);
  const values = stateList(states);
  return {
    ...list,
    query: {
      ...query,
      FilterExpression: `#state IN (${Object.keys(values)})`,
      ExpressionAttributeNames: { ...query.ExpressionAttributeNames, '#state': 'state' },
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ...values },
    },
  };
}

export const VERSION_LIST: List = {
  query: {
    ...partitionList(TABLE.partition.versions).query,
    IndexName: TABLE.index.newestVersions.name,
    ScanIndexForward: false,
  },
  positionOf: (item) => item['newest']?.S ?? '',
  keyOf: (position) => ({
    pk: { S: TABLE.partition.versions },
    sk: { S: versionOfPosition(position).versionId },
    newest: { S: position },
  }),
};

export async function pageOf<Rec>(
  table: DynamoTable,
  list: List,
  page: PageRequest,
  read: (item: Item) => Rec,
): Promise<Page<Rec>> {
  const items: Item[] = [];
  let start = page.after === undefined ? undefined : list.keyOf(page.after);
  for (let queries = 0; queries < QUERIES_PER_PAGE; queries++) {
    // One item more than the page shows that the list goes on.
    const found = await table.query({ ...list.query, ...startAt(start), Limit: page.limit + 1 });
    items.push(...found.items);
    start = found.lastKey;
    if (start === undefined || items.length > page.limit) break;
  }
  const shown = items.slice(0, page.limit);
  const last = items.length > page.limit ? shown.at(-1) : start;
  const records = shown.map(read);
  return last === undefined ? { items: records } : { items: records, next: list.positionOf(last) };
}

/** A whole partition of the table. Strongly consistent: it includes all writes before the call. */
export async function wholePartition(table: DynamoTable, pk: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const found = await table.query({
      ...partitionList(pk).query,
      ConsistentRead: true,
      ...startAt(start),
    });
    items.push(...found.items);
    start = found.lastKey;
  } while (start !== undefined);
  return items;
}

/**
 * The items in one partition of the sweep's index, oldest first. Later queries see later writes.
 */
export async function* unfinishedIn(
  table: DynamoTable,
  partition: string,
  touchedUntil: Timestamp,
): AsyncGenerator<Item, void, void> {
  let start: Item | undefined;
  do {
    const found = await table.query({
      IndexName: TABLE.index.unfinished.name,
      KeyConditionExpression: '#sweep = :sweep AND #touchedAt <= :touchedUntil',
      ExpressionAttributeNames: { '#sweep': 'sweep', '#touchedAt': 'touchedAt' },
      ExpressionAttributeValues: {
        ':sweep': { S: partition },
        ':touchedUntil': { S: touchedUntil },
      },
      Limit: UNFINISHED_PAGE,
      ...startAt(start),
    });
    yield* found.items;
    start = found.lastKey;
  } while (start !== undefined);
}

/**
 * The declared size of each upload in one partition of the sweep's index, and the token that began
 * it.
 */
export async function pendingSizesIn(
  table: DynamoTable,
  partition: string,
): Promise<readonly { readonly createdBy: string; readonly size: number }[]> {
  const underWay = stateList(UNDER_WAY);
  const sizes = [];
  let start: Item | undefined;
  do {
    const found = await table.query({
      IndexName: TABLE.index.unfinished.name,
      KeyConditionExpression: '#sweep = :sweep',
      FilterExpression: `#state IN (${Object.keys(underWay)})`,
      ProjectionExpression: '#createdBy, #size',
      ExpressionAttributeNames: {
        '#sweep': 'sweep',
        '#state': 'state',
        '#createdBy': 'createdBy',
        '#size': 'size',
      },
      ExpressionAttributeValues: { ':sweep': { S: partition }, ...underWay },
      ...startAt(start),
    });
    sizes.push(
      ...found.items.map((item) => ({
        createdBy: item['createdBy']?.S ?? '',
        size: Number(item['size']?.N),
      })),
    );
    start = found.lastKey;
  } while (start !== undefined);
  return sizes;
}

function startAt(key: Item | undefined): Pick<Query, 'ExclusiveStartKey'> {
  return key === undefined ? {} : { ExclusiveStartKey: key };
}
