/**
 * The flags of `stowage migrate`, `migrate status` and `migrate rollback`. read-plan.ts reads them;
 * what runs the migration gets its plan.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JsonFlag } from '../command/cli.ts';
import { collect, wholeNumber } from '../command/flags.ts';

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
      collect,
      [],
    )
    .option('--exclude <pattern>', 'no versions like this; may be given several times', collect, [])
    .option('--without-catalog', 'copy only the files, even if a catalog has records of them')
    .option('--concurrency <n>', 'files at a time', wholeNumber(1, 256), CONCURRENCY)
    .option(
      '--journal <file>',
      'the journal: what is remembered between runs (else beside the storage)',
    )
    .option('--json', 'print JSON lines');
}

/** For a flag without a value, or with `now`. */
export function parseNow(value: string): string {
  if (value === 'now') return value;
  throw new InvalidArgumentError('It takes no value, or is --delete-source=now.');
}
