/**
 * `stowage table`: creates the DynamoDB table that several servers share. It needs the settings
 * that name the table, but no server and no token.
 */
import type { Command } from 'commander';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { asMisuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const NOTES = `
Reads TABLE_NAME, AWS_REGION and DYNAMODB_ENDPOINT, and the credentials that the AWS SDK finds; they need
dynamodb:CreateTable, DescribeTable, UpdateTimeToLive and UpdateContinuousBackups. The table is billed by request, has the two
indexes of docs/dynamodb.md, lets expired tokens go, and can be recovered to any point of the last 35 days. A table that is there already is looked at and kept.
With --json: {tableName, created, pointInTimeRecovery}.`;

export function addTable(program: Command, cli: Cli): void {
  const table = program
    .command('table')
    .description('the DynamoDB table that several servers share');
  table
    .command('create')
    .description('create the table that TABLE_NAME names, if it does not exist')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: JsonFlag) => create(cli, flags));
}

async function create(cli: Cli, flags: JsonFlag): Promise<void> {
  const { readTableSettings } = await import('../../open/settings/server-settings.ts');
  const { tableName, region, endpoint } = asMisuse(() => readTableSettings(cli.env));
  const { dynamoClient } = await import('../../storage/dynamo/dynamo-client.ts');
  const { createTable } = await import('../../storage/dynamo/create-table.ts');
  const output = new Output(cli, flags.json === true);
  const client = dynamoClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  try {
    const made = await createTable(client, tableName, { signal: cli.signal });
    output.document(made);
    output.line(
      made.created
        ? `made table ${tableName}`
        : `table ${tableName} is there already, as it should be`,
    );
    if (!made.pointInTimeRecovery)
      output.note('this server knows no point-in-time recovery: keep backups in another way');
  } finally {
    client.destroy();
  }
}
