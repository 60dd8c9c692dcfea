/**
 * `stowage table`: creates, upgrades and restores the DynamoDB table that several servers share. It needs the
 * settings that name the table, but no server and no token.
 */
import type { Command } from 'commander';
import type { PackageRecord } from '../../core/records.ts';
import type { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { tableOf } from '../connection/table-of.ts';
import { asMisuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';
import { addTableRestore } from './table-restore.ts';

const CREATE_NOTES = `
Reads TABLE_NAME, AWS_REGION and DYNAMODB_ENDPOINT, and the credentials that the AWS SDK finds; they need
dynamodb:CreateTable, DescribeTable, UpdateTimeToLive and UpdateContinuousBackups. The table is billed by request, has the two
indexes of docs/dynamodb.md, lets expired tokens go, and can be recovered to any point of the last 35 days. A table that is there already is looked at and kept.
With --json: {tableName, created, pointInTimeRecovery}.`;

const UPGRADE_NOTES = `
Run it once, after all servers of the table run this release: they keep working meanwhile. It claims the filename of every package
that an earlier release entered. Where two packages of a version have one filename, the first published keeps it; the other one is
reached by its alias, PACKAGE_ID.EXT, and is reported here, also by later runs. Without it, a version is upgraded by its next upload.
It also lists the tokens of earlier releases, so that a flood of invented tokens costs no reads; the first new token does the same.
Reads TABLE_NAME, AWS_REGION and DYNAMODB_ENDPOINT, or the outputs of --stack; the credentials need dynamodb:Query, GetItem,
BatchGetItem, PutItem and UpdateItem on the table and its indexes.
With --json: {tableName, versions, packages, listedTokens, byAliasAlone: [{versionId, packageId, ext, filename}]}.`;

interface UpgradeFlags extends JsonFlag {
  readonly stack?: string;
}

export function addTable(program: Command, cli: Cli): void {
  const table = program
    .command('table')
    .description('the DynamoDB table that several servers share');
  table
    .command('create')
    .description('create the table that TABLE_NAME names, if it does not exist')
    .option('--json', 'print JSON')
    .addHelpText('after', CREATE_NOTES)
    .action((flags: JsonFlag) => create(cli, flags));
  table
    .command('upgrade')
    .description('enter the filenames of packages that an earlier release published')
    .option('--stack <name>', 'a deployed stack, whose outputs name the table')
    .option('--json', 'print JSON')
    .addHelpText('after', UPGRADE_NOTES)
    .action((flags: UpgradeFlags) => upgrade(cli, flags));
  addTableRestore(table, cli);
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

async function upgrade(cli: Cli, flags: UpgradeFlags): Promise<void> {
  const { tableName, region, endpoint } = await tableOf(cli.env, flags);
  const { DynamoCatalog } = await import('../../storage/dynamo/dynamo-catalog.ts');
  const { dynamoClient } = await import('../../storage/dynamo/dynamo-client.ts');
  const client = dynamoClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  const catalog = new DynamoCatalog({ client, tableName });
  const output = new Output(cli, flags.json === true);
  try {
    const listedTokens = await catalog.upgradeTokens();
    const { versions, packages, byAliasAlone } = await upgradeAll(catalog, output, cli.signal);
    const shown = byAliasAlone.map(({ versionId, packageId, ext, filename }) => ({
      versionId,
      packageId,
      ext,
      filename,
    }));
    output.document({ tableName, versions, packages, listedTokens, byAliasAlone: shown });
    for (const { versionId, packageId, ext, filename } of shown)
      output.line(
        `${versionId}/${packageId}.${ext} keeps this name alone: an earlier file has the name ${filename}`,
      );
    output.line(
      `table ${tableName}: ${versions} versions with ${packages} packages are upgraded; ${shown.length} files are reached by their alias alone`,
    );
    output.line(`${listedTokens} tokens of earlier releases are listed`);
  } finally {
    await catalog.close();
  }
}

const STATES = ['pending', 'verifying', 'available', 'yanked', 'rejected', 'deleted'] as const;
/** Often enough to see that it goes on. */
const VERSIONS_PER_NOTE = 100;

/** A run that was stopped goes on in the next one: what is upgraded is only read. */
async function upgradeAll(catalog: DynamoCatalog, output: Output, signal: AbortSignal) {
  const { everyItem } = await import('../../core/ports/catalog.ts');
  const byAliasAlone: PackageRecord[] = [];
  let versions = 0;
  let packages = 0;
  for await (const { versionId } of everyItem((page) => catalog.listVersions(page))) {
    signal.throwIfAborted();
    await catalog.upgradeVersion(versionId);
    await catalog.enterDigests(versionId);
    const records = everyItem((page) =>
      catalog.listPackages(versionId, STATES, { ...page, isConsistent: true }),
    );
    for await (const record of records) {
      packages += 1;
      if (record.filenameTaken === true) byAliasAlone.push(record);
    }
    versions += 1;
    if (versions % VERSIONS_PER_NOTE === 0)
      output.note(`${versions} versions with ${packages} packages are upgraded`);
  }
  return { versions, packages, byAliasAlone };
}
