/** Removes what runs made in a stack: tokens, channels, links, records, objects. Repeatable. */
import { BatchWriteItemCommand, paginateQuery, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { PACKAGES_FOLDER, TABLE } from '../../core/layout.ts';
import { everyItem } from '../../core/ports/catalog.ts';
import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import type { DeployedStack } from '../../test/support/deployed/deployed-stack.ts';

/** As much as DynamoDB takes at once. */
const BATCH_ITEMS = 25;

type Stack = Pick<DeployedStack, 's3' | 'dynamo' | 'output'>;

interface Place {
  readonly pk: string;
  readonly sk: string;
}

export interface Removed {
  readonly tokens: number;
  readonly records: number;
  readonly objects: number;
}

/**
 * @param versionPrefix of one run, or of all
 * @param tokenName the name of the first token of one run, or how the names of all begin
 */
export async function cleanUp(
  stack: Stack,
  versionPrefix: string,
  tokenName: string,
): Promise<Removed> {
  const catalog = new DynamoCatalog({ client: stack.dynamo, tableName: stack.output('TableName') });
  // Without tokens nothing new is made meanwhile.
  const tokens = await removeTokens(catalog, tokenName);
  await Promise.all([
    removeChannels(catalog, versionPrefix),
    removeLinks(catalog, versionPrefix),
    abortUploads(stack, versionPrefix),
  ]);
  const objects = await removeObjects(stack, versionPrefix);
  const records = await removeRecords(stack, versionPrefix);
  return { tokens, records, objects };
}

async function removeTokens(catalog: DynamoCatalog, tokenName: string): Promise<number> {
  const tokens = await catalog.allTokens();
  const first = tokens.filter(({ name }) => name.startsWith(tokenName));
  const isOf = (tokenId: string) => first.some((one) => one.tokenId === tokenId);
  const all = tokens.filter(
    ({ tokenId, createdBy, makers = [] }) => isOf(tokenId) || [createdBy, ...makers].some(isOf),
  );
  await Promise.all(all.map(({ tokenId }) => catalog.deleteToken(tokenId)));
  return all.length;
}

async function removeChannels(catalog: DynamoCatalog, versionPrefix: string): Promise<void> {
  for await (const { channel, versionId } of everyItem((page) => catalog.listChannels(page)))
    if (versionId.startsWith(versionPrefix)) await catalog.deleteChannel(channel, versionId);
}

async function removeLinks(catalog: DynamoCatalog, versionPrefix: string): Promise<void> {
  for await (const { linkId, versionId } of everyItem((page) => catalog.listLinks(page)))
    if (versionId.startsWith(versionPrefix)) await catalog.deleteLink(linkId);
}

async function abortUploads(stack: Stack, versionPrefix: string): Promise<void> {
  const { s3 } = stack;
  const Bucket = stack.output('BucketName');
  const Prefix = `${PACKAGES_FOLDER}/${versionPrefix}`;
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
  for (const { Key, UploadId } of Uploads)
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
}

/** Every version of every object, and its delete markers: nothing is left that costs anything. */
async function removeObjects(stack: Stack, versionPrefix: string): Promise<number> {
  const { s3 } = stack;
  const Bucket = stack.output('BucketName');
  const Prefix = `${PACKAGES_FOLDER}/${versionPrefix}`;
  let removed = 0;
  // From the beginning again and again: what was listed is gone then.
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    const Objects: ObjectIdentifier[] = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return removed;
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    const [fault] = Errors;
    if (fault !== undefined) throw new Error(`${fault.Key} can't be removed: ${fault.Message}`);
    removed += Objects.length;
  }
}

/** The service itself keeps the records of deleted packages and of versions for good. */
async function removeRecords(stack: Stack, versionPrefix: string): Promise<number> {
  const { packages, names, versions } = TABLE.partition;
  const found = await placesIn(stack, versions, versionPrefix);
  const within = await Promise.all(
    found.flatMap(({ sk }) => [placesIn(stack, packages + sk), placesIn(stack, names + sk)]),
  );
  const digests = await digestsOf(stack, versionPrefix);
  // The versions last: they lead to the rest, if this is stopped halfway.
  for (const places of [within.flat(), digests, found]) await removeItems(stack, places);
  return within.flat().length + digests.length + found.length;
}

/**
 * The items that lead from digests to packages. Those of uploads that were given up have no record
 * that names their digest, so the whole table is read.
 */
async function digestsOf(stack: Stack, versionPrefix: string): Promise<readonly Place[]> {
  const { partition, sort } = TABLE.key;
  const found: Place[] = [];
  const pages = paginateScan(
    { client: stack.dynamo },
    {
      TableName: stack.output('TableName'),
      ConsistentRead: true,
      FilterExpression: 'begins_with(#pk, :digests) AND begins_with(#sk, :beginning)',
      ProjectionExpression: '#pk, #sk',
      ExpressionAttributeNames: { '#pk': partition, '#sk': sort },
      ExpressionAttributeValues: {
        ':digests': { S: TABLE.partition.digests },
        ':beginning': { S: versionPrefix },
      },
    },
  );
  for await (const { Items = [] } of pages)
    found.push(...Items.map((item) => ({ pk: item[partition]?.S ?? '', sk: item[sort]?.S ?? '' })));
  return found;
}

async function placesIn(stack: Stack, pk: string, beginning = ''): Promise<readonly Place[]> {
  const { partition, sort } = TABLE.key;
  const found: Place[] = [];
  const isBeginning = beginning === '' ? '' : ' AND begins_with(#sk, :beginning)';
  const pages = paginateQuery(
    { client: stack.dynamo },
    {
      TableName: stack.output('TableName'),
      ConsistentRead: true,
      KeyConditionExpression: `#pk = :pk${isBeginning}`,
      ProjectionExpression: '#pk, #sk',
      ExpressionAttributeNames: { '#pk': partition, '#sk': sort },
      ExpressionAttributeValues: {
        ':pk': { S: pk },
        ...(beginning === '' ? {} : { ':beginning': { S: beginning } }),
      },
    },
  );
  for await (const { Items = [] } of pages)
    found.push(...Items.map((item) => ({ pk, sk: item[sort]?.S ?? '' })));
  return found;
}

async function removeItems(stack: Stack, places: readonly Place[]): Promise<void> {
  const table = stack.output('TableName');
  for (let at = 0; at < places.length; at += BATCH_ITEMS) {
    let requests = places
      .slice(at, at + BATCH_ITEMS)
      .map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk: { S: pk }, sk: { S: sk } } } }));
    while (requests.length > 0) {
      const { UnprocessedItems = {} } = await stack.dynamo.send(
        new BatchWriteItemCommand({ RequestItems: { [table]: requests } }),
      );
      requests = (UnprocessedItems[table] ?? []) as typeof requests;
    }
  }
}
