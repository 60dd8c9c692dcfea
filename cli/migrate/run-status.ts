/** Shows the progress of a migration: compares both stores and the catalog. */

import { humanSize } from '../../core/human-size.ts';
import { type Amount, compareSides } from '../../core/migrate/compare-sides.ts';
import type { Cli } from '../command/cli.ts';
import { EXIT } from '../output/fault.ts';
import { Output } from '../output/output.ts';
import type { MigrationPlan } from './read-plan.ts';
import { withMigration } from './with-migration.ts';

export async function runStatus(cli: Cli, plan: MigrationPlan): Promise<void> {
  const output = new Output(cli, plan.json);
  const found = await withMigration(output, plan, (opened) =>
    compareSides(opened, { ...plan.filter, verifyFull: opened.verifyFull, signal: cli.signal }),
  );
  output.document(found);
  const { from, to } = plan;
  output.line(`only in ${from.place}: ${describeAmount(found.onlyInFrom)}`);
  output.line(`only in ${to.place}: ${describeAmount(found.onlyInTo)}`);
  output.line(`in both: ${describeAmount(found.inBoth)}`);
  const { records } = found;
  if (records !== undefined) {
    output.line(`records that name ${from.place}: ${describeAmount(records.from)}`);
    output.line(`records that name ${to.place}: ${describeAmount(records.to)}`);
    if (records.elsewhere.files > 0)
      output.line(`records that name neither: ${describeAmount(records.elsewhere)}`);
  }
  for (const { key, detail } of found.wrong) output.line(`wrong: ${key}: ${detail}`);
  if (found.untold > 0) output.line(`and ${found.untold} more are wrong`);
  if (found.wrong.length > 0) cli.exitCode = EXIT.failed;
}

function describeAmount({ files, bytes }: Amount): string {
  return `${files} files (${humanSize(bytes)})`;
}
