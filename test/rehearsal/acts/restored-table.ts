/** Records that were lost, and come back from the table as it was: the commands of docs/operations.md. */
import { tmpdir } from 'node:os';
import {
  BatchWriteItemCommand,
  DeleteTableCommand,
  paginateScan,
  RestoreTableToPointInTimeCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { parseVersionId } from '../../../core/names.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { runCli } from '../../cli/house.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import type { AwsEmulator } from '../../support/servers/aws-emulator/aws-emulator.ts';

const RECORDS = 1000;
const BATCH = 25;

export function describeRestoredTable(
  emulator: () => AwsEmulator,
  deployed: () => DeployedStack,
  stackName: string,
): void {
  test('a thousand lost records come back from the restored table, and no other changes', async () => {
    const { dynamo } = deployed();
    const TableName = deployed().output('TableName');
    const catalog = new DynamoCatalog({ client: dynamo, tableName: TableName });
    const createdAt = new Date().toISOString();
    const ids = Array.from({ length: RECORDS }, (_, at) => parseVersionId(`9.0.${at}`));
    for (let at = 0; at < RECORDS; at += BATCH)
      await Promise.all(
        ids
          .slice(at, at + BATCH)
          .map((versionId) => catalog.createVersion({ versionId, createdAt })),
      );
    const before = await countIn(dynamo, TableName);
    const from = `${TableName}-restored`;
    await dynamo.send(
      new RestoreTableToPointInTimeCommand({
        SourceTableName: TableName,
        TargetTableName: from,
        UseLatestRestorableTime: true,
      }),
    );
    await waitUntilTableExists({ client: dynamo, maxWaitTime: 60 }, { TableName: from });
    for (let at = 0; at < RECORDS; at += BATCH) {
      const requests = ids.slice(at, at + BATCH).map((sk) => ({
        DeleteRequest: { Key: { pk: { S: 'V' }, sk: { S: sk } } },
      }));
      await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
    }
    const lost = await countIn(dynamo, TableName);

    try {
      const { environment, reachingHosts } = emulator();
      const { code, stdout, stderr } = await runCli(
        ['table', 'restore', '--from', from, '--stack', stackName, '--json'],
        { cwd: tmpdir(), env: { ...environment, ...reachingHosts } },
      );

      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ restored: RECORDS, differing: 0, failed: 0 });
      expect([before - lost, await countIn(dynamo, TableName)]).toEqual([RECORDS, before]);
    } finally {
      await dynamo.send(new DeleteTableCommand({ TableName: from }));
    }
  });
}

async function countIn(dynamo: DeployedStack['dynamo'], TableName: string): Promise<number> {
  const pages = paginateScan({ client: dynamo }, { TableName, Select: 'COUNT' });
  let count = 0;
  for await (const { Count = 0 } of pages) count += Count;
  return count;
}
