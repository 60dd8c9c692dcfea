/**
 * `stowage doctor`: tests every promise of the store, with the settings of the server. It needs no
 * running server and no token.
 */
import type { Command } from 'commander';
import type { DoctorReport, Finding } from '../../core/doctor/report.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { columns } from '../output/columns.ts';
import { asMisuse, EXIT } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const NOTES = `
Works on what the settings of the server name: STORAGE_LOCAL_PATH, or the bucket, and with CATALOG_TYPE=dynamodb the table. In a bucket
it puts objects of its own under .stowage-doctor/ within S3_PREFIX, and removes them, also when it is stopped. Of a folder it tries what
the file system must do; the signed requests of files on this machine are the service's own, and need no trial.
Exit code 1 when something that is needed is not kept; what is not needed, Stowage makes up for.
With --json: one document, {store, healthy, findings: [{id, group, promise, need, needed, verdict, seen, otherwise}]}.`;

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description("check whether the store meets Stowage's requirements")
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: JsonFlag) => doctor(cli, flags));
}

async function doctor(cli: Cli, flags: JsonFlag): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  const settings = asMisuse(() => readSettings(cli.env));
  const { examineSettings } = await import('../../local/examine-settings.ts');
  const report = await examineSettings(settings, cli.signal);
  output.document(report);
  show(report, output);
  if (!report.healthy) cli.exitCode = EXIT.failed;
}

function show({ store, findings }: DoctorReport, output: Output): void {
  output.line(store);
  const groups = Map.groupBy(findings, (finding) => finding.group);
  const untried = [...groups].filter(([, found]) =>
    found.every(({ verdict }) => verdict === 'not tried'),
  );
  for (const [group, found] of groups) {
    if (untried.some(([name]) => name === group)) continue;
    output.line('');
    for (const line of columns([group, 'KEPT', ''], found.map(rowOf))) output.line(line);
  }
  for (const [group, found] of untried) {
    output.lines('', `${group}: none of ${found.length} tried, ${found[0]?.seen}`);
  }
  const count = (is: (finding: Finding) => boolean) => findings.filter(is).length;
  const keptCount = count(({ verdict }) => verdict === 'kept');
  const broken = count(({ verdict, needed }) => verdict === 'not kept' && needed);
  output.line('');
  output.line(`${keptCount} of ${findings.length} are kept; not kept and needed: ${broken}`);
}

function rowOf({ promise, verdict, needed, seen, otherwise }: Finding): readonly string[] {
  if (verdict === 'kept') return [promise, 'yes', seen];
  if (verdict === 'not tried') return [promise, 'not tried', seen];
  return [promise, needed ? 'NO' : 'no', `${seen}: ${otherwise}`];
}
