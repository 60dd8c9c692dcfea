/**
 * `stowage verify`: hashes the stored files again and compares them with the catalog. It needs the
 * settings of the server, but no running server and no token.
 */
import type { Command } from 'commander';
import { humanSize } from '../../core/human-size.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { parseVersion } from '../command/targets.ts';
import { EXIT, misuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const NOTES = `
Works on what the settings of the server name (STORAGE_LOCAL_PATH, or the bucket and the table), while it runs or not, and changes
no file. Where the right bytes were stored again, as from a backup, only their time differs from the record: it is noted there, as
the scrub of a server does, and the file is served again; with --read-only it is reported as touched. Exit code 1 when something is
wrong: corrupt (other bytes than were published), missing (no bytes), unowned (bytes that no record owns), touched (not noted, or marked
as damaged before: the service refuses it until --repair, or the next scrub).
With --json: one line for each thing that is wrong, noted or repaired, {outcome, key, detail}, then {ok, noted, touched, repaired,
corrupt, missing, unowned, bytes}; ok counts those that were noted, too.`;

const NOTHING = {
  ok: 0,
  noted: 0,
  touched: 0,
  repaired: 0,
  corrupt: 0,
  missing: 0,
  unowned: 0,
  bytes: 0,
};

interface Flags extends JsonFlag {
  readonly repair?: boolean;
  readonly readOnly?: boolean;
}

export function addVerify(program: Command, cli: Cli): void {
  program
    .command('verify')
    .description('compare the stored files with what was published')
    .argument('[version]', 'only this one')
    .option(
      '--repair',
      'note in the catalog that touched bytes are right, also of packages marked as damaged; no file is changed',
    )
    .option('--read-only', 'write nothing into the catalog either')
    .option('--json', 'print JSON lines')
    .addHelpText('after', NOTES)
    .action((version: string | undefined, flags: Flags) => verify(cli, version, flags));
}

async function verify(cli: Cli, version: string | undefined, flags: Flags): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { openLocalStore } = await import('../command/open-local-store.ts');
  const { verifyStore } = await import('../../core/lifecycle/verify-store.ts');
  const versionId = version === undefined ? undefined : parseVersion(version);
  if (flags.repair === true && flags.readOnly === true)
    throw misuse('--repair writes into the catalog: give --repair or --read-only');
  const found = { ...NOTHING };
  const opened = await openLocalStore(cli.env);
  try {
    for await (const verdict of verifyStore(opened, {
      versionId,
      repair: flags.repair,
      note: flags.readOnly !== true,
      signal: cli.signal,
    })) {
      found[verdict.outcome] += 1;
      if (verdict.outcome === 'noted') found.ok += 1;
      if ('size' in verdict) found.bytes += verdict.size;
      if (verdict.outcome === 'ok') continue;
      const { outcome, key, detail } = verdict;
      output.document({ outcome, key, detail });
      output.line(`${outcome}: ${key}: ${detail}`);
    }
  } finally {
    await opened.close();
  }
  const { ok, noted, touched, repaired, corrupt, missing, unowned, bytes } = found;
  output.document(found);
  const mended = flags.repair === true ? `${repaired} repaired, ` : '';
  const wrong = `${touched} touched, ${corrupt} corrupt, ${missing} missing, ${unowned} unowned`;
  const again = noted > 0 ? `${noted} of them stored again and noted, ` : '';
  output.line(`${ok} ok (${humanSize(bytes)}), ${again}${mended}${wrong}`);
  if (touched + corrupt + missing + unowned > 0) cli.exitCode = EXIT.failed;
  if (touched > 0)
    output.note('note that the touched bytes are right with: stowage verify --repair');
}
