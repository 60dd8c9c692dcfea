/** Asks DynamoDB for the settings of the table. */
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { AwsOptions } from '../../../storage/aws/client-options.ts';
import { tableFaults } from '../../../storage/dynamo/check-table.ts';
import { dynamoClient } from '../../../storage/dynamo/dynamo-client.ts';
import type { TableFacts } from '../facts/facts.ts';
import { ask, mapFact } from './ask.ts';

export async function gatherTable(
  TableName: string,
  options: AwsOptions,
  signal: AbortSignal,
): Promise<TableFacts> {
  const client = dynamoClient(options);
  try {
    const [table, pointInTimeRecovery, expiryAttribute] = await Promise.all([
      ask('dynamodb:DescribeTable', signal, async () => {
        const { Table = {} } = await client.send(new DescribeTableCommand({ TableName }));
        return Table;
      }),
      ask('dynamodb:DescribeContinuousBackups', signal, async () => {
        const { ContinuousBackupsDescription: backups } = await client.send(
          new DescribeContinuousBackupsCommand({ TableName }),
        );
        const status = backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
        return status ?? 'DISABLED';
      }),
      ask('dynamodb:DescribeTimeToLive', signal, async () => {
        const { TimeToLiveDescription: expiry } = await client.send(
          new DescribeTimeToLiveCommand({ TableName }),
        );
        const isOn = ['ENABLED', 'ENABLING'].includes(expiry?.TimeToLiveStatus ?? '');
        return isOn ? expiry?.AttributeName : undefined;
      }),
    ]);
    return {
      faults: mapFact(table, (found) => tableFaults(found, TableName)),
      deletionProtection: mapFact(table, (found) => found.DeletionProtectionEnabled === true),
      pointInTimeRecovery,
      expiryAttribute,
    };
  } finally {
    client.destroy();
  }
}
