/**
 * `stowage verify`: hashes the stored files again and compares them with the catalog. It needs the
 * settings of the server, but no running server and no token.
 */
import type { Command } from 'commander';
import { humanSize } from '../../core/human-size.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { parseVersion } from '../command/targets.ts';
import { EXIT } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const NOTES = `
Works on what the settings of the server name (STORAGE_LOCAL_PATH, or the bucket and the table), while it runs or not, and changes
nothing. Exit code 1 when
something is wrong: corrupt (other bytes than were published), missing (no bytes), unowned (bytes that no record owns), touched (the
bytes that were published, stored again, as from a backup: the service refuses them until --repair, or the next scrub, has noted them).
With --json: one line for each thing that is wrong or repaired, {outcome, key, detail}, then {ok, touched, repaired, corrupt, missing,
unowned, bytes}.`;

interface Flags extends JsonFlag {
  readonly repair?: boolean;
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
    .option('--json', 'print JSON lines')
    .addHelpText('after', NOTES)
    .action((version: string | undefined, flags: Flags) => verify(cli, version, flags));
}

async function verify(cli: Cli, version: string | undefined, flags: Flags): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { openLocalStore } = await import('../command/open-local-store.ts');
  const { verifyStore } = await import('../../core/lifecycle/verify-store.ts');
  const versionId = version === undefined ? undefined : parseVersion(version);
  const found = { ok: 0, touched: 0, repaired: 0, corrupt: 0, missing: 0, unowned: 0, bytes: 0 };
  const opened = await openLocalStore(cli.env);
  try {
    for await (const verdict of verifyStore(opened, {
      versionId,
      repair: flags.repair,
      signal: cli.signal,
    })) {
      found[verdict.outcome] += 1;
      if (verdict.outcome === 'ok') {
        found.bytes += verdict.size;
      } else {
        output.document(verdict);
        output.line(`${verdict.outcome}: ${verdict.key}: ${verdict.detail}`);
      }
    }
  } finally {
    await opened.close();
  }
  const { ok, touched, repaired, corrupt, missing, unowned, bytes } = found;
  output.document(found);
  const mended = flags.repair === true ? `${repaired} repaired, ` : '';
  const wrong = `${touched} touched, ${corrupt} corrupt, ${missing} missing, ${unowned} unowned`;
  output.line(`${ok} ok (${humanSize(bytes)}), ${mended}${wrong}`);
  if (touched + corrupt + missing + unowned > 0) cli.exitCode = EXIT.failed;
  if (touched > 0)
    output.note('note that the touched bytes are right with: stowage verify --repair');
}
