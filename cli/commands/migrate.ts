/**
 * `stowage migrate`: moves packages from one store to another, also while the service runs; shows
 * the progress of a migration, and rolls it back.
 */
import { type Command, Option } from 'commander';
import type { Cli } from '../command/cli.ts';
import { type MigrateFlags, parseNow, withStoreFlags } from '../migrate/flags.ts';

const NOTES = `
With the two stores of a service, which it reads at once (STORAGE_TYPE and STORAGE_FALLBACK, set here as for the server), every package
is copied, proven, and its record turned, while the service runs. Between other stores the files are copied as they lie. Started again
after a break it goes on where it was; --from and --to swapped bring everything back.

Stores: a folder that holds packages/, s3://bucket/prefix, or a name of "stores" in the config file ({"stores": {"spaces": {"bucket":
..., "endpoint": ..., "region": ..., "prefix": ..., "accessKey": ..., "secretKey": ...}}}). Credentials come from S3_ACCESS_KEY and
S3_SECRET_KEY, the config file, or what the AWS SDK finds. --endpoint, --region, --addressing and --integrity are for s3:// URLs; with
two buckets, --from-endpoint, --to-endpoint and so on are for one of them.

Exit code 0: all is there. 1: something failed, and is named. With --json: a line for each failure and each file that is left alone,
{outcome, key, detail}, then {outcomes: {moved: {files, bytes}, ...}, leftAlone, failed, sentBytes, ms}. The file of --report has a line
for every package: {outcome, key, sha256, bytes, sentBytes, ms, detail?}.`;

export function addMigrate(program: Command, cli: Cli): void {
  const migrate = withStoreFlags(program.command('migrate'))
    .description('move packages from one store to another')
    .addOption(
      new Option('--verify <how>', 'read every byte back from the target').choices(['full']),
    )
    .option(
      '--import',
      'enter the files into the catalog of the service; with the same store for both, in place',
    )
    .addOption(
      new Option(
        '--delete-source [now]',
        'remove from the source what is proven in the target, once no link to it can be alive (now: in this run)',
      ).argParser(parseNow),
    )
    .option('--dry-run', 'say what would be done, with counts and bytes')
    .option('--storage-class <class>', 'storage class of what is stored in a bucket')
    .option('--report <file>', 'write a line of JSON for every package')
    .addHelpText('after', NOTES)
    .action(async (flags: MigrateFlags) => {
      const { readMigration } = await import('../migrate/read-plan.ts');
      const { runMigrate } = await import('../migrate/run-migrate.ts');
      await runMigrate(cli, readMigration(flags, cli.env));
    });
  withStoreFlags(migrate.command('status'))
    .description('compare both stores and the catalog')
    .addOption(new Option('--verify <how>', 'read every byte').choices(['full']))
    .action(async (flags: MigrateFlags) => {
      const { readComparison } = await import('../migrate/read-plan.ts');
      const { runStatus } = await import('../migrate/run-status.ts');
      await runStatus(cli, readComparison(flags, cli.env));
    });
  withStoreFlags(migrate.command('rollback'))
    .description('turn records back to --from, where the source is still there; nothing is copied')
    .option('--dry-run', 'say what would be done, with counts and bytes')
    .option('--report <file>', 'write a line of JSON for every package')
    .action(async (flags: MigrateFlags) => {
      const { readRollback } = await import('../migrate/read-plan.ts');
      const { runRollback } = await import('../migrate/run-migrate.ts');
      await runRollback(cli, readRollback(flags, cli.env));
    });
}
