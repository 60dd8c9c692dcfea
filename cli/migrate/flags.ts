/**
 * The flags of `stowage migrate`, `migrate status` and `migrate rollback`, and how they are read.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { VersionFilter } from '../../core/migrate/catalog-records.ts';
import type { Settings } from '../../core/settings.ts';
import type { Plan } from '../../local/migrate/plan-migration.ts';
import type { BucketFlags, Profile } from '../../local/migrate/read-store.ts';
import type { StorePlace } from '../../local/migrate/store-place.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { collected, wholeNumber } from '../command/flags.ts';
import { readConfigFile } from '../connection/config-file.ts';
import { asMisuse, misuse } from '../output/fault.ts';

export interface StoreFlags extends JsonFlag {
  readonly from?: string;
  readonly to?: string;
  readonly endpoint?: string;
  readonly fromEndpoint?: string;
  readonly toEndpoint?: string;
  readonly region?: string;
  readonly fromRegion?: string;
  readonly toRegion?: string;
  readonly addressing?: string;
  readonly fromAddressing?: string;
  readonly toAddressing?: string;
  readonly integrity?: string;
  readonly fromIntegrity?: string;
  readonly toIntegrity?: string;
  readonly withoutCatalog?: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly concurrency: number;
  readonly journal?: string;
}

export interface MigrateFlags extends StoreFlags {
  readonly verify?: 'full';
  readonly import?: boolean;
  /** True: delete a file only when no link to it can still be valid. */
  readonly deleteSource?: true | 'now';
  readonly dryRun?: boolean;
  readonly storageClass?: string;
  readonly report?: string;
}

/** Files in flight: enough to hide the round trips of small files. Memory has its own limit. */
const CONCURRENCY = 32;

export function withStoreFlags(command: Command): Command {
  const place =
    'a folder such as ./stowage-data, s3://bucket/prefix, or a store of the config file';
  command
    .option('--from <store>', `where the packages are: ${place}`)
    .option('--to <store>', 'where to move them');
  const of = { from: ' of --from', to: ' of --to' } as const;
  for (const side of [undefined, 'from', 'to'] as const) {
    const [prefix, whose] =
      side === undefined ? ['--', ' of the bucket'] : [`--${side}-`, of[side]];
    const hidden = (option: Option) =>
      command.addOption(side === undefined ? option : option.hideHelp());
    hidden(new Option(`${prefix}endpoint <url>`, `endpoint${whose} (else S3_ENDPOINT, or AWS)`));
    hidden(new Option(`${prefix}region <region>`, `region${whose} (else S3_REGION)`));
    hidden(new Option(`${prefix}addressing <how>`, `addressing${whose}: auto, path, virtual`));
    hidden(new Option(`${prefix}integrity <how>`, `integrity${whose}: checksum, payload`));
  }
  return command
    .option(
      '--include <pattern>',
      'only versions like this, such as 1.*; may be given several times',
      collected,
      [],
    )
    .option(
      '--exclude <pattern>',
      'no versions like this; may be given several times',
      collected,
      [],
    )
    .option('--without-catalog', 'copy only the files, even if a catalog has records of them')
    .option('--concurrency <n>', 'files at a time', wholeNumber(1, 256), CONCURRENCY)
    .option(
      '--journal <file>',
      'the journal: what is remembered between runs (else beside the storage)',
    )
    .option('--json', 'print JSON lines');
}

/** For a flag without a value, or with `now`. */
export function nowOnly(value: string): string {
  if (value === 'now') return value;
  throw new InvalidArgumentError('It takes no value, or is --delete-source=now.');
}

export interface Intent {
  readonly from: StorePlace;
  readonly to: StorePlace;
  readonly settings: Settings;
  readonly plan: Plan;
  readonly filter: VersionFilter;
}

/**
 * @throws Fault (misuse) if the flags name no migration, or one that would leave records without
 * files
 */
export async function readIntent(cli: Cli, flags: StoreFlags, enters: boolean): Promise<Intent> {
  const { PROFILE_FIELDS, readStore } = await import('../../local/migrate/read-store.ts');
  const { planMigration } = await import('../../local/migrate/plan-migration.ts');
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  const profiles = profilesOf(readConfigFile(), Object.keys(PROFILE_FIELDS));
  const settings = asMisuse(() => readSettings(cli.env));
  const storeOf = (side: 'from' | 'to'): StorePlace => {
    const text = flags[side];
    if (text === undefined || text === '') throw misuse(`--${side} must name a store`);
    return readStore({
      flag: `--${side}`,
      text,
      flags: bucketFlags(flags, side, text),
      profiles,
      env: cli.env,
    });
  };
  return asMisuse(() => {
    const [from, to] = [storeOf('from'), storeOf('to')];
    const plan = planMigration(
      { from, to, enters, withoutCatalog: flags.withoutCatalog === true },
      settings,
    );
    return { from, to, settings, plan, filter: { include: flags.include, exclude: flags.exclude } };
  });
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

function profilesOf(
  { stores = {}, path }: ReturnType<typeof readConfigFile>,
  fields: readonly string[],
): Readonly<Record<string, Profile>> {
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
