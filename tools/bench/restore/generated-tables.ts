/**
 * Two tables as DynamoDB answers for them, made of arithmetic, so that a million records cost this
 * server little: `copy` has every record, and `lost` has those that were put into it. `GET /` says
 * how many those are. The first argument says how many records there are.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as bodyOf } from 'node:stream/consumers';
import { tableDefinition } from '../../../storage/dynamo/table.ts';

const records = Number(process.argv[2]);
/** Of each version. */
const PACKAGES = 1000;
/** DynamoDB ends a page after 1 MB; a record has some 700 bytes. */
const PAGE = 1400;
const METADATA = { S: JSON.stringify({ note: 'x'.repeat(600) }) };

interface Item {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
}

interface ScanInput {
  readonly Segment: number;
  readonly TotalSegments: number;
  readonly ExclusiveStartKey?: Item;
}

interface PutInput {
  readonly Item: Item & { readonly writeId: unknown };
  readonly ConditionExpression?: string;
}

interface BatchInput {
  readonly RequestItems: { readonly lost: { readonly Keys: readonly Item[] } };
}

class Refused extends Error {}

const written = new Uint8Array(records);
let puts = 0;

/** About as large as the record of a package. */
function itemOf(index: number): Item {
  return {
    pk: { S: `P#1.${Math.floor(index / PACKAGES)}.0` },
    sk: { S: `package-${index % PACKAGES}` },
    ...{ state: { S: 'available' }, metadata: METADATA },
  };
}

function indexOf({ pk, sk }: Item): number {
  return Number(pk.S.split('.')[1]) * PACKAGES + Number(sk.S.slice('package-'.length));
}

function scan({ Segment, TotalSegments, ExclusiveStartKey }: ScanInput) {
  const length = Math.ceil(records / TotalSegments);
  const first = ExclusiveStartKey ? indexOf(ExclusiveStartKey) + 1 : Segment * length;
  const end = Math.min(records, (Segment + 1) * length);
  const count = Math.max(0, Math.min(PAGE, end - first));
  const Items = Array.from({ length: count }, (_, offset) => itemOf(first + offset));
  const { pk, sk } = itemOf(first + count - 1);
  return { Items, ...(first + count < end ? { LastEvaluatedKey: { pk, sk } } : {}) };
}

function getMany({ RequestItems }: BatchInput) {
  const found = RequestItems.lost.Keys.map(indexOf).filter((index) => written[index] === 1);
  return { Responses: { lost: found.map(itemOf) }, UnprocessedKeys: {} };
}

function put({ Item, ConditionExpression = '' }: PutInput) {
  puts += 1;
  const { writeId: _, ...item } = Item;
  const index = indexOf(item);
  if (JSON.stringify(item) !== JSON.stringify(itemOf(index)))
    throw new Refused('com.amazonaws.dynamodb.v20120810#ValidationException');
  if (ConditionExpression.includes('attribute_not_exists') && written[index] === 1)
    throw new Refused('com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException');
  written[index] = 1;
  return {};
}

function describeTable({ TableName }: { readonly TableName: string }) {
  const { KeySchema, GlobalSecondaryIndexes } = tableDefinition(TableName);
  return { Table: { TableName, TableStatus: 'ACTIVE', KeySchema, GlobalSecondaryIndexes } };
}

function answer(operation: string | undefined, body: string): object {
  if (operation === undefined) return { written: written.reduce((sum, one) => sum + one, 0), puts };
  const input = JSON.parse(body);
  if (operation === 'Scan') return scan(input);
  if (operation === 'BatchGetItem') return getMany(input);
  if (operation === 'PutItem') return put(input);
  if (operation === 'DescribeTable') return describeTable(input);
  throw new Refused('com.amazonaws.dynamodb.v20120810#UnknownOperationException');
}

const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  const target = request.headers['x-amz-target'];
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  try {
    const operation = typeof target === 'string' ? target.split('.')[1] : undefined;
    response.end(JSON.stringify(answer(operation, body)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    response.writeHead(400).end(JSON.stringify({ __type: error.message, message: 'refused' }));
  }
});

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
