/**
 * `stowage doctor`: tests every promise of the store, with the settings of the server; or checks a
 * deployed stack. It needs no running server and no token.
 */
import type { Command } from 'commander';
import type { DoctorReport, Finding } from '../../core/doctor/report.ts';
import type { StackFinding, StackReport } from '../../doctor/stack/facts/report.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { awsOptions, endpointOf } from '../connection/find-stack.ts';
import { columns } from '../output/columns.ts';
import { asMisuse, EXIT, misuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';

interface Flags extends JsonFlag {
  readonly stack?: string;
  readonly skip?: readonly string[];
}

const NOTES = `
Works on what the settings of the server name: STORAGE_LOCAL_PATH, or the bucket, and with CATALOG_TYPE=dynamodb the table. In a bucket
it puts objects of its own under .stowage-doctor/ within S3_PREFIX, and removes them, also when it is stopped. Of a folder it tries what
the file system must do; the signed requests of files on this machine are the service's own, and need no trial.
Exit code 1 when something that is needed is not kept; what is not needed, Stowage makes up for.
With --json: one document, {store, healthy, findings: [{id, group, promise, need, needed, verdict, seen, otherwise}]}.

With --stack it checks a stage on AWS instead: its bucket, table, CDN keys, certificates, alarms, quotas and more. It changes nothing. The
AWS credentials need rights to read (docs/operations.md has them as a policy); a check that lacks one says which.
Exit code 1 when something is wrong (NO) or could not be checked; advice (no) does not count. --skip leaves out checks that do not fit.
With --json: one document, {stack, region, healthy, complete, findings: [{id, group, check, weight, verdict, found, expected, todo}]}.`;

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description("check whether the store meets Stowage's requirements, or a deployed stack")
    .option('--stack <name>', 'check a deployed stack (needs AWS credentials)')
    .option('--skip <id...>', 'with --stack: checks to leave out, by their ids')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: Flags) => doctor(cli, flags));
}

async function doctor(cli: Cli, flags: Flags): Promise<void> {
  const output = new Output(cli, flags.json === true);
  if (flags.stack !== undefined) return doctorOfStack(cli, flags.stack, flags.skip ?? [], output);
  if (flags.skip !== undefined) throw misuse('--skip is for checks of a stack', 'add --stack NAME');
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  const settings = asMisuse(() => readSettings(cli.env));
  const { examineSettings } = await import('../../local/examine-settings.ts');
  const report = await examineSettings(settings, cli.signal);
  output.document(report);
  show(report, output);
  if (!report.healthy) cli.exitCode = EXIT.failed;
}

async function doctorOfStack(
  cli: Cli,
  stack: string,
  leftOut: readonly string[],
  output: Output,
): Promise<void> {
  const { ALL_CHECKS } = await import('../../doctor/stack/all-checks.ts');
  const ids = ALL_CHECKS.map(({ id }) => id);
  const unknown = leftOut.filter((id) => !ids.includes(id));
  if (unknown.length > 0)
    throw misuse(`--skip: no check is called ${unknown.join(', ')}; allowed: ${ids.join(', ')}`);
  const { examineStack } = await import('../../doctor/stack/examine-stack.ts');
  const aws = awsOptions(cli.env);
  const reach = { aws, endpointOf: (service: string) => endpointOf(service, cli.env), leftOut };
  const report = await examineStack(stack, reach, cli.signal);
  output.document(report);
  showStack(report, output);
  if (!report.healthy || !report.complete) cli.exitCode = EXIT.failed;
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

function showStack({ stack, region, findings }: StackReport, output: Output): void {
  output.line(`stack ${stack} in ${region}`);
  for (const [group, found] of Map.groupBy(findings, (finding) => finding.group)) {
    output.line('');
    for (const line of columns([group, 'OK', '', ''], found.map(stackRowOf))) output.line(line);
  }
  const bad = findings.filter(({ verdict }) => verdict === 'wrong');
  for (const { id, check, found, expected, todo } of bad) {
    output.lines('', `${id}: ${check}`, `  found     ${found}`);
    if (expected !== undefined) output.line(`  expected  ${expected}`);
    output.line(`  to do     ${todo}`);
  }
  const count = (is: (finding: StackFinding) => boolean) => findings.filter(is).length;
  const fine = count(({ verdict }) => verdict === 'ok');
  const faults = count(({ verdict, weight }) => verdict === 'wrong' && weight === 'fault');
  const unseen = count(({ verdict }) => verdict === 'not checked');
  output.line('');
  output.line(
    `${fine} of ${findings.length} are as they should be; wrong: ${faults}; advice: ${bad.length - faults}; could not check: ${unseen}`,
  );
}

function stackRowOf({ id, check, verdict, weight, found }: StackFinding): readonly string[] {
  switch (verdict) {
    case 'ok':
      return [check, 'yes', id, found];
    case 'wrong':
      return [check, weight === 'fault' ? 'NO' : 'no', id, 'see below'];
    case 'not checked':
      return [check, '?', id, `could not check: ${found}`];
    case 'skipped':
      return [check, '-', id, found];
  }
}
