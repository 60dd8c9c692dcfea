/**
 * Runs a migration, the removal of its sources, or a rollback; results become progress, report and
 * exit code.
 */

import { v7 as uuidv7 } from 'uuid';
import { ServiceError } from '../../core/errors.ts';
import type { CopyResult } from '../../core/migrate/copy/outcome.ts';
import { isFailure } from '../../core/migrate/copy/outcome.ts';
import { Patience } from '../../core/migrate/copy/patience.ts';
import { copyStatements } from '../../core/migrate/copy-statements.ts';
import { giveUpWhenHopeless } from '../../core/migrate/give-up.ts';
import { type MigrateDeps, migratePackages } from '../../core/migrate/migrate-packages.ts';
import { removeSources } from '../../core/migrate/remove-sources.ts';
import { type CopiedFile, copyTree } from '../../core/migrate/tree/copy-tree.ts';
import { enterFile } from '../../core/migrate/tree/enter-files.ts';
import { removeTree } from '../../core/migrate/tree/remove-tree.ts';
import { turnBack } from '../../core/migrate/turn-back.ts';
import type { Cli } from '../command/cli.ts';
import { EXIT } from '../output/fault.ts';
import { Output } from '../output/output.ts';
import type { MigrationPlan } from './read-plan.ts';
import { Report } from './report.ts';
import { showProgress } from './show-progress.ts';
import { type MigrationWork, withMigration } from './with-migration.ts';

/** One part of a run, with the signal that aborts it. */
type Stage = (opened: Equipped) => AsyncIterable<CopyResult>;

interface Equipped extends MigrationWork {
  readonly signal: AbortSignal;
  readonly sent: (bytes: number) => void;
  readonly onForeignFile: (name: string, what: string) => void;
}

export async function runMigrate(cli: Cli, plan: MigrationPlan): Promise<void> {
  const { copies, removesAfterSeconds } = plan;
  const stages: Stage[] = [];
  if (copies) stages.push(copyStage(plan));
  if (removesAfterSeconds !== undefined) stages.push(removalStage(plan, removesAfterSeconds));
  await run(cli, plan, stages);
}

export async function runRollback(cli: Cli, plan: MigrationPlan): Promise<void> {
  const options = optionsOf(plan);
  const back: Stage = async function* (opened) {
    const { from, to, ...deps } = requireCatalog(opened);
    yield* turnBack({ ...deps, from, to }, options);
    if (!options.dryRun) await takeStatements({ ...deps, from: to, to: from }, plan);
  };
  await run(cli, plan, [back]);
}

function copyStage(plan: MigrationPlan): Stage {
  const options = optionsOf(plan);
  if (plan.kind === 'records') {
    return async function* (opened) {
      yield* migratePackages(requireCatalog(opened), options);
      if (!options.dryRun) await takeStatements(requireCatalog(opened), plan);
    };
  }
  return (opened) => copyTree({ ...opened, newId: uuidv7, ...entryOf(opened) }, options);
}

async function takeStatements(
  { catalog, from, to }: MigrateDeps,
  { filter }: MigrationPlan,
): Promise<void> {
  if (from.statements === undefined || to.statements === undefined) return;
  await copyStatements({ catalog, from: from.statements, to: to.statements }, filter);
}

function removalStage(plan: MigrationPlan, graceSeconds: number): Stage {
  const options = optionsOf(plan);
  if (plan.kind !== 'records') return (opened) => removeTree(opened, options);
  return (opened) => removeSources(requireCatalog(opened), { ...options, graceSeconds });
}

function optionsOf({ filter, concurrency, dryRun }: MigrationPlan) {
  return { ...filter, concurrency, dryRun };
}

function requireCatalog(opened: Equipped): MigrateDeps {
  const { catalog } = opened;
  if (catalog === undefined)
    throw new ServiceError('INTERNAL', 'records are moved without a catalog');
  return { ...opened, catalog };
}

async function run(cli: Cli, plan: MigrationPlan, stages: readonly Stage[]): Promise<void> {
  const output = new Output(cli, plan.json);
  const report = new Report(output, plan.report);
  await report.open();
  const progress = showProgress(output, cli.stderr);
  try {
    await withMigration(output, plan, async (opened) => {
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

function entryOf(opened: MigrationWork) {
  const { catalog, clock, to } = opened;
  if (catalog === undefined) return {};
  return {
    enter: (file: CopiedFile) => enterFile({ catalog, clock, to, enteredBy: ENTERED_BY }, file),
  };
}
