/** `stowage audit`: who changed what, and whether an entry was removed or altered since. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditDayBody, AuditEventBody, StowageClient } from '../../client/stowage-client.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { wholeNumber } from '../command/flags.ts';
import { needsNewer } from '../command/newer-service.ts';
import { columns } from '../output/columns.ts';
import { failure, misuse } from '../output/fault.ts';

interface AuditFlags extends RemoteFlags {
  readonly from?: string;
  readonly to?: string;
  readonly who?: string;
  readonly versionId?: string;
  readonly limit: number;
  readonly verify?: boolean;
}

/** A day or a moment in UTC. @returns RFC 3339 */
function asTime(text: string): string {
  const time = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}(?:T\S+Z)?$/.test(text) && !Number.isNaN(time))
    return new Date(time).toISOString();
  throw new InvalidArgumentError(
    'It must be a day such as 2026-11-28, or a time such as 2026-11-28T12:00:00Z.',
  );
}

const HEAD = ['AT', 'WHO', 'ACTION', 'SUBJECT', 'DETAIL'];

export function addAudit(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('audit'))
    .description('list who changed what, newest first')
    .option('--from <when>', 'changes from then on: 2026-11-28 or 2026-11-28T12:00:00Z', asTime)
    .option('--to <when>', 'changes before', asTime)
    .option('--who <who>', 'changes by this tokenId or job')
    .option('--version-id <version>', 'changes of this version')
    .option('--limit <count>', 'how many at most', wholeNumber(1, 1_000_000), 100)
    .option('--verify', 'check whether an entry was removed or altered since its day ended')
    .addHelpText(
      'after',
      '\nNeeds a token with scope admin. Entries are kept for AUDIT_RETENTION_DAYS (400).\n' +
        '--verify computes the digest of each day again, from --from on. Exit code 0 if all days match. It prints the last digest: keep it\n' +
        'elsewhere, since anyone who can write the catalog can write all digests again.\n' +
        'With --json: one document, {items: [...]}; with --verify {days, lastDay, digest, faults: [{day, why}]}.',
    )
    .action((flags: AuditFlags) =>
      inSession(cli, flags, (session) =>
        needsNewer(session, 'audit', () =>
          flags.verify === true ? verify(session, flags) : list(session, flags),
        ),
      ),
    );
}

async function list(
  { client, output, signal }: Session,
  { limit: most, from, to, who, versionId }: AuditFlags,
): Promise<void> {
  const items: AuditEventBody[] = [];
  const limit = Math.min(most, 1000);
  for await (const event of client.listAudit({ from, to, who, versionId, limit, signal })) {
    if (items.length === most) {
      output.note(`there are more than ${most}: raise --limit, or narrow with --from and --to`);
      break;
    }
    items.push(event);
  }
  output.document({ items });
  if (items.length === 0) return output.line('no change was noted');
  for (const line of columns(HEAD, items.map(cellsOf))) output.line(line);
}

function cellsOf({ at, who, action, detail, ...event }: AuditEventBody): readonly string[] {
  const { versionId, packageId, channel, tokenId } = event;
  const subject = [channel, versionId, packageId, tokenId].filter((part) => part !== undefined);
  const notes = Object.entries(detail ?? {}).map(([name, value]) => `${name}=${textOf(value)}`);
  return [at, who, action, subject.join(' '), notes.join(' ')];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function verify({ client, output, signal }: Session, flags: AuditFlags): Promise<void> {
  if (flags.who !== undefined || flags.versionId !== undefined || flags.to !== undefined)
    throw misuse('--verify takes whole days: it goes with --from alone');
  const from = flags.from?.slice(0, 10) ?? '';
  const { verifyAudit } = await import('../../core/audit/days.ts');
  const days = await daysFrom(client, from, signal);
  const [first, last] = [days.at(0), days.at(-1)];
  if (first === undefined || last === undefined) {
    output.document({ days: 0, faults: [] });
    return output.line('no day was closed yet: the sweep does that after midnight (UTC)');
  }
  const range = {
    // The very first day covers what was before it.
    ...(first.previous !== '' && { from: `${first.day}T00:00:00.000Z` }),
    to: new Date(Date.parse(last.day) + 86_400_000).toISOString(),
  };
  const events = client.listAudit({ ...range, limit: 1000, signal });
  const faults = await verifyAudit(days, events, new Date(), flags.from !== undefined);
  output.document({ days: days.length, lastDay: last.day, digest: last.digest, faults });
  for (const { day, why } of faults) output.line(`${day}: ${why}`);
  output.line(
    `${days.length === 1 ? '1 day' : `${days.length} days`} up to ${last.day}, whose digest is ${last.digest}`,
  );
  if (faults.length > 0) {
    const named = [...new Set(faults.map(({ day }) => day))].join(', ');
    throw failure('INTEGRITY', `the audit is not as it was written: ${named}`, {
      hint: 'compare with the log, which has the digest of each day and a line for each change',
    });
  }
  output.line('all of them match');
}

/** Oldest first. */
async function daysFrom(
  client: StowageClient,
  from: string,
  signal: AbortSignal,
): Promise<readonly AuditDayBody[]> {
  const days: AuditDayBody[] = [];
  for await (const day of client.listAuditDays({ limit: 1000, signal })) {
    if (day.day < from) break;
    days.unshift(day);
  }
  return days;
}
