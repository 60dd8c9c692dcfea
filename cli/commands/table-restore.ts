/**
 * `stowage table restore`: writes the records that a table lacks from a copy of it, as a restore to a
 * point in time makes it.
 */
import type { Command } from 'commander';
import type { DynamoRequests } from '../../storage/dynamo/requests.ts';
import type { RestoreReport } from '../../storage/dynamo/restore/restore-table.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { tableOf } from '../connection/table-of.ts';
import { EXIT, misuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const NOTES = `
Use it after: aws dynamodb restore-table-to-point-in-time --target-table-name TABLE-restored ... A record that is in the table stays as
it is, even if the restored one differs, because it may be newer: only missing records are written, while servers work. A run that was
stopped goes on when you run the same command again. Throttling makes it slower and does not end it.
A token or link that was revoked after the restored moment is missing, so it comes back and is valid again: use --without-tokens to
restore neither, or revoke them again (stowage token ls).
Reads TABLE_NAME, AWS_REGION and DYNAMODB_ENDPOINT, or the outputs of --stack; the credentials need dynamodb:DescribeTable and Scan
on the restored table, and DescribeTable, GetItem, BatchGetItem, Query and PutItem on the table.
Exit code 0 when every record was restored, was there, or differs and was left; 1 when some failed, or the run was not finished.
With --json: {tableName, from, read, restored, alreadyThere, leftOut, differing, failed, restoredByKind, differingPlaces: [{pk, sk}],
failures: [{pk, sk, reason}]}; the lists have the first 100.`;

/** Often enough to see that it goes on. */
const RECORDS_PER_NOTE = 10_000;

interface RestoreFlags extends JsonFlag {
  readonly from: string;
  readonly stack?: string;
  readonly withoutTokens?: boolean;
}

export function addTableRestore(table: Command, cli: Cli): void {
  table
    .command('restore')
    .description('write the records that the table lacks, from a restored copy of it')
    .requiredOption('--from <table>', 'the restored copy, in the same region and account')
    .option('--stack <name>', 'a deployed stack, whose outputs name the table')
    .option('--without-tokens', 'restore no tokens and no links for people')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: RestoreFlags) => restore(cli, flags));
}

async function restore(cli: Cli, flags: RestoreFlags): Promise<void> {
  const { tableName, region, endpoint } = await tableOf(cli.env, flags);
  const { from } = flags;
  if (from === tableName)
    throw misuse(`--from names ${from}, the table itself`, 'name the table that was restored');
  const { dynamoClient } = await import('../../storage/dynamo/dynamo-client.ts');
  const { checkTable } = await import('../../storage/dynamo/check-table.ts');
  const { DynamoTable } = await import('../../storage/dynamo/dynamo-table.ts');
  const { DynamoCatalog } = await import('../../storage/dynamo/dynamo-catalog.ts');
  const { restoreTable } = await import('../../storage/dynamo/restore/restore-table.ts');
  const client = dynamoClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  const output = new Output(cli, flags.json === true);
  let sender: DynamoRequests | undefined;
  let report: RestoreReport | undefined;
  let noted = 0;
  const onProgress = (soFar: RestoreReport) => {
    report = soFar;
    if (soFar.read - noted < RECORDS_PER_NOTE) return;
    noted = soFar.read;
    output.note(summaryOf(soFar));
  };
  try {
    await checkTable(client, tableName);
    await checkTable(client, from);
    sender = await client.signed();
    report = await restoreTable(
      new DynamoTable({ client: sender, tableName: from }),
      new DynamoTable({ client: sender, tableName }),
      {
        leaveOut:
          flags.withoutTokens === true ? ['tokens', 'tokenIds', 'links', 'trust', 'used'] : [],
        onProgress,
        signal: cli.signal,
      },
    );
    // The restored tokens may have been made with another key than the table has now.
    if (report.restoredByKind.tokens !== undefined)
      await new DynamoCatalog({ client, tableName }).upgradeTokens();
  } catch (error) {
    if (report !== undefined)
      output.note(`not finished: ${summaryOf(report)}; run it again to go on`);
    throw error;
  } finally {
    sender?.destroy();
    client.destroy();
  }
  print(output, { tableName, from, report });
  if (report.failed > 0) cli.exitCode = EXIT.failed;
}

interface Restored {
  readonly tableName: string;
  readonly from: string;
  readonly report: RestoreReport;
}

function print(output: Output, { tableName, from, report }: Restored): void {
  output.document({ tableName, from, ...report });
  for (const { pk, sk } of report.differingPlaces)
    output.line(`differs, and was left: ${pk} ${sk}`);
  for (const { pk, sk, reason } of report.failures) output.line(`failed: ${pk} ${sk}: ${reason}`);
  output.line(`table ${tableName} from ${from}: ${summaryOf(report)}`);
  const { tokens = 0, links = 0 } = report.restoredByKind;
  if (tokens + links > 0)
    output.note(
      `${tokens} tokens and ${links} links came back; revoke again those that had been revoked: stowage token ls`,
    );
}

function summaryOf(report: RestoreReport): string {
  const { read, restored, alreadyThere, leftOut, differing, failed } = report;
  const out = leftOut === 0 ? '' : `${leftOut} left out, `;
  return `${read} records read, ${restored} restored, ${alreadyThere} there already, ${out}${differing} differ and were left, ${failed} failed`;
}
