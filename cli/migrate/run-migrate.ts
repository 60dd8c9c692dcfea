/**
 * Runs a migration, the removal of its sources, or a rollback; results become progress, report and
 * exit code.
 */

import { v7 as uuidv7 } from 'uuid';
import { ServiceError } from '../../core/errors.ts';
import type { CopyResult } from '../../core/migrate/copy/outcome.ts';
import { isFailure } from '../../core/migrate/copy/outcome.ts';
import { Patience } from '../../core/migrate/copy/patience.ts';
import { giveUpWhenHopeless } from '../../core/migrate/give-up.ts';
import { type MigrateDeps, migratePackages } from '../../core/migrate/migrate-packages.ts';
import { removeSources } from '../../core/migrate/remove-sources.ts';
import { type CopiedFile, copyTree } from '../../core/migrate/tree/copy-tree.ts';
import { enterFile } from '../../core/migrate/tree/enter-files.ts';
import { removeTree } from '../../core/migrate/tree/remove-tree.ts';
import { turnBack } from '../../core/migrate/turn-back.ts';
import type { Cli } from '../command/cli.ts';
import { EXIT, misuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';
import { type Intent, type MigrateFlags, readIntent } from './flags.ts';
import { Report } from './report.ts';
import { showProgress } from './show-progress.ts';
import { type MigrationWork, withMigration } from './with-migration.ts';

/**
 * After a record was turned, links to the old copy stay valid until they expire. The extra minute
 * is for clocks and caches.
 */
const MARGIN_SECONDS = 60;

/** One part of a run, with the signal that aborts it. */
type Stage = (opened: Equipped) => AsyncIterable<CopyResult>;

interface Equipped extends MigrationWork {
  readonly signal: AbortSignal;
  readonly sent: (bytes: number) => void;
  readonly onForeignFile: (name: string, what: string) => void;
}

export async function runMigrate(cli: Cli, flags: MigrateFlags): Promise<void> {
  const enters = flags.import === true;
  if (enters && flags.deleteSource !== undefined)
    throw misuse('--delete-source is a run of its own, without --import');
  const intent = await readIntent(cli, flags, enters);
  const { deleteSource } = flags;
  const stages: Stage[] = [];
  if (deleteSource !== true) stages.push(copying(intent, flags));
  if (deleteSource !== undefined) stages.push(removing(intent, flags));
  await run(cli, flags, intent, stages);
}

export async function runRollback(cli: Cli, flags: MigrateFlags): Promise<void> {
  const intent = await readIntent(cli, flags, false);
  if (intent.plan.kind !== 'records') {
    throw misuse(
      'there are no records to turn back: no catalog knows these files',
      'swap --from and --to to copy back',
    );
  }
  const { dryRun, concurrency } = flags;
  await run(cli, flags, intent, [
    (opened) => turnBack(moving(opened), { ...intent.filter, concurrency, dryRun }),
  ]);
}

function copying({ plan, filter }: Intent, { dryRun, concurrency }: MigrateFlags): Stage {
  const options = { ...filter, concurrency, dryRun };
  if (plan.kind === 'records') return (opened) => migratePackages(moving(opened), options);
  return (opened) => copyTree({ ...opened, newId: uuidv7, ...entering(opened) }, options);
}

function removing(
  { plan, filter, settings }: Intent,
  { dryRun, concurrency, deleteSource }: MigrateFlags,
): Stage {
  if (plan.kind !== 'records')
    return (opened) => removeTree(opened, { ...filter, concurrency, dryRun });
  const graceSeconds = deleteSource === 'now' ? 0 : settings.linkTtlSeconds + MARGIN_SECONDS;
  return (opened) =>
    removeSources(moving(opened), { ...filter, concurrency, dryRun, graceSeconds });
}

function moving(opened: Equipped): MigrateDeps {
  const { catalog } = opened;
  if (catalog === undefined)
    throw new ServiceError('INTERNAL', 'records are moved without a catalog');
  return { ...opened, catalog };
}

async function run(
  cli: Cli,
  flags: MigrateFlags,
  intent: Intent,
  stages: readonly Stage[],
): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const report = new Report(output, flags.report);
  await report.open();
  const progress = showProgress(output, cli.stderr);
  try {
    const opening = {
      journal: flags.journal,
      storageClass: flags.storageClass,
      verifyFull: flags.verify === 'full',
      keepsSource: flags.deleteSource === undefined,
    };
    await withMigration(output, intent, opening, async (opened) => {
      const hopeless = new AbortController();
      const signal = AbortSignal.any([cli.signal, hopeless.signal]);
      const sent = (bytes: number) => {
        report.sent(bytes);
        progress.sent(bytes);
      };
      const onForeignFile = (name: string, what: string) => {
        progress.pause();
        report.leaveAlone(name, what);
      };
      const equipped = { ...opened, signal, sent, onForeignFile, patience: new Patience() };
      for (const stage of stages) {
        const outcomes = giveUpWhenHopeless(stage(equipped), () => hopeless.abort());
        for await (const outcome of outcomes) {
          progress.done(outcome.size);
          if (isFailure(outcome)) progress.pause();
          await report.add(outcome);
        }
      }
    });
  } finally {
    progress.end();
    const { failed } = await report.end();
    if (failed > 0) cli.exitCode = EXIT.failed;
  }
  cli.signal.throwIfAborted();
}

/** The publisher that is recorded for files that are older than the service. */
const ENTERED_BY = 'migrate';

function entering(opened: MigrationWork) {
  const { catalog, clock, to } = opened;
  if (catalog === undefined) return {};
  return {
    enter: (file: CopiedFile) => enterFile({ catalog, clock, to, enteredBy: ENTERED_BY }, file),
  };
}
