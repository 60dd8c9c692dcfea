/**
 * Reads the flags of `stowage migrate` into a plan, with both stores and everything that a run
 * needs to know. What runs the plan knows no flag.
 */
import type { VersionFilter } from '../../core/migrate/catalog-records.ts';
import type { Settings } from '../../core/settings.ts';
import type { StorePlace } from '../../local/migrate/store-place.ts';
import { readSettings } from '../../open/settings/server-settings.ts';
import type { Environment } from '../../open/settings/settings-reader.ts';
import { readConfigFile } from '../connection/config-file.ts';
import { asMisuse, misuse } from '../output/fault.ts';
import { decideMode, type MigrationMode } from './decide-mode.ts';
import type { MigrateFlags, StoreFlags } from './flags.ts';
import { type BucketFlags, PROFILE_FIELDS, type Profile, readStore } from './read-store.ts';

/** Two stores, and what a command does with them. */
export interface MigrationPlan extends MigrationMode {
  readonly from: StorePlace;
  readonly to: StorePlace;
  readonly filter: VersionFilter;
  /** Files at a time. */
  readonly concurrency: number;
  /** Changes nothing in either store or in the journal, so it may run beside a migration. */
  readonly onlyLooks: boolean;
  /** Only says what would be done. */
  readonly dryRun: boolean;
  readonly copies: boolean;
  /**
   * Files are removed from the source if their records were turned at least this long ago.
   * @default the source is only read
   */
  readonly removesAfterSeconds: number | undefined;
  /** Every byte is read back. */
  readonly verifyFull: boolean;
  /** The storage class of new objects in a bucket. @default the bucket's own */
  readonly storageClass: string | undefined;
  /** The folder of the server on this machine, or its default. */
  readonly localPath: string;
  /** The path of the journal. @default the journal of these two stores */
  readonly journal: string | undefined;
  /** The path of the report file. @default none is written */
  readonly report: string | undefined;
  /** Whether results are printed as JSON. */
  readonly json: boolean;
}

/**
 * After a record was turned, links to the old copy stay valid until they expire. The extra minute
 * is for clocks and caches.
 */
const MARGIN_SECONDS = 60;

/**
 * @throws Fault (misuse) if the flags name no migration, or one that would leave records without
 *   files
 */
export function readMigration(flags: MigrateFlags, env: Environment): MigrationPlan {
  const enters = flags.import === true;
  if (enters && flags.deleteSource !== undefined)
    throw misuse('--delete-source is a run of its own, without --import');
  return readPlan(flags, env, enters);
}

/** @throws Fault (misuse) as `readMigration`, and if no records name these stores */
export function readRollback(flags: MigrateFlags, env: Environment): MigrationPlan {
  const plan = readPlan(flags, env, false);
  if (plan.kind === 'records') return plan;
  throw misuse(
    'there are no records to turn back: no catalog knows these files',
    'swap --from and --to to copy back',
  );
}

/** The plan of `migrate status`. @throws Fault (misuse) */
export function readComparison(flags: MigrateFlags, env: Environment): MigrationPlan {
  return { ...readPlan(flags, env, false), onlyLooks: true };
}

function readPlan(flags: MigrateFlags, env: Environment, enters: boolean): MigrationPlan {
  const profiles = profilesOf(readConfigFile());
  const settings = asMisuse(() => readSettings(env));
  const storeOf = (side: 'from' | 'to'): StorePlace => {
    const text = flags[side];
    if (text === undefined || text === '') throw misuse(`--${side} must name a store`);
    const bucket = bucketFlags(flags, side, text);
    return readStore({ flag: `--${side}`, text, flags: bucket, profiles, env });
  };
  return asMisuse(() => {
    const [from, to] = [storeOf('from'), storeOf('to')];
    const withoutCatalog = flags.withoutCatalog === true;
    return {
      ...decideMode({ from, to, enters, withoutCatalog }, settings),
      from,
      to,
      filter: { include: flags.include, exclude: flags.exclude },
      concurrency: flags.concurrency,
      onlyLooks: false,
      dryRun: flags.dryRun === true,
      copies: flags.deleteSource !== true,
      removesAfterSeconds: graceOf(flags.deleteSource, settings),
      verifyFull: flags.verify === 'full',
      storageClass: flags.storageClass,
      localPath: settings.storage.localPath,
      journal: flags.journal,
      report: flags.report,
      json: flags.json === true,
    };
  });
}

function graceOf(
  deleteSource: MigrateFlags['deleteSource'],
  { linkTtlSeconds }: Settings,
): number | undefined {
  if (deleteSource === undefined) return undefined;
  return deleteSource === 'now' ? 0 : linkTtlSeconds + MARGIN_SECONDS;
}

/** The flags about the bucket apply to the side that is one. */
function bucketFlags(flags: StoreFlags, side: 'from' | 'to', text: string): BucketFlags {
  const own =
    side === 'from'
      ? [flags.fromEndpoint, flags.fromRegion, flags.fromAddressing, flags.fromIntegrity]
      : [flags.toEndpoint, flags.toRegion, flags.toAddressing, flags.toIntegrity];
  const both = /^s3:\/\//.test(text)
    ? [flags.endpoint, flags.region, flags.addressing, flags.integrity]
    : [undefined, undefined, undefined, undefined];
  const [endpoint, region, addressing, integrity] = own.map((value, index) => value ?? both[index]);
  return Object.fromEntries(
    Object.entries({ endpoint, region, addressing, integrity }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

function profilesOf({
  stores = {},
  path,
}: ReturnType<typeof readConfigFile>): Readonly<Record<string, Profile>> {
  const fields = Object.keys(PROFILE_FIELDS);
  for (const [name, store] of Object.entries(stores)) {
    const unknown = Object.keys(store).find((field) => !fields.includes(field));
    if (unknown !== undefined) {
      throw misuse(
        `the store ${name} in ${path} may hold ${fields.join(', ')}, got ${JSON.stringify(unknown)}`,
      );
    }
  }
  return stores;
}
