/**
 * `stowage table restore` with many records, against an in-process DynamoDB (dynalite), which is the
 * slower side by far: BENCH_RECORDS says how many records, a million by default.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { BatchWriteItemCommand, CreateTableCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { dynamoClient, type SdkDynamoClient } from '../../storage/dynamo/dynamo-client.ts';
import { DynamoTable } from '../../storage/dynamo/dynamo-table.ts';
import { restoreTable } from '../../storage/dynamo/restore/restore-table.ts';
import { tableDefinition } from '../../storage/dynamo/table.ts';
import { report } from './measure/table.ts';

/** A batch of DynamoDB writes at most so many. */
const BATCH = 25;
const WRITERS = 16;
/** Of each version. */
const PACKAGES = 1000;

export async function benchRestore(): Promise<void> {
  const records = Number(process.env['BENCH_RECORDS'] ?? 1_000_000);
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = dynamoClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
    timeoutMs: 120_000,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  for (const name of ['copy', 'lost'])
    await client.send(new CreateTableCommand(tableDefinition(name)));
  await fill(client, records);
  await measure(client, 'all records are missing', { restored: records, alreadyThere: 0 });
  await measure(client, 'no record is missing', { restored: 0, alreadyThere: records });
  client.destroy();
  server.close();
}

async function fill(client: SdkDynamoClient, records: number): Promise<void> {
  let next = 0;
  const write = async () => {
    while (next < records) {
      const first = next;
      next += BATCH;
      const puts = Array.from({ length: Math.min(BATCH, records - first) }, (_, index) => ({
        PutRequest: { Item: itemOf(first + index) },
      }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { copy: puts } }));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}

/** About as large as the record of a package. */
function itemOf(index: number) {
  return {
    pk: { S: `P#1.${Math.floor(index / PACKAGES)}.0` },
    sk: { S: `package-${index % PACKAGES}` },
    state: { S: 'available' },
    metadata: { S: JSON.stringify({ note: 'x'.repeat(600) }) },
  };
}

async function measure(
  client: SdkDynamoClient,
  what: string,
  expected: { readonly restored: number; readonly alreadyThere: number },
): Promise<void> {
  const begin = performance.now();
  const [from, to] = ['copy', 'lost'].map((tableName) => new DynamoTable({ client, tableName }));
  if (from === undefined || to === undefined) throw new Error('there are two tables');
  const { read, restored, alreadyThere } = await restoreTable(from, to);
  const seconds = (performance.now() - begin) / 1000;
  report({
    what: `restore of ${read} records, ${what}`,
    figure: `${Math.round(read / seconds)} a second (${seconds.toFixed(0)} s, ${Math.round(process.memoryUsage().rss / 1e6)} MB with the server)`,
    goal: 'every record counted',
    met: restored === expected.restored && alreadyThere === expected.alreadyThere,
  });
}
