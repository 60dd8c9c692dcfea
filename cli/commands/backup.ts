/** `stowage backup`: copies the catalog and the keys of a service on this machine, and puts them back. */
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { humanSize } from '../../core/human-size.ts';
import type { StoreVerdict } from '../../core/lifecycle/verify-store.ts';
import type { CheckedBackup } from '../../local/backup/restore-backup.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { asMisuse, EXIT } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const MAKE_NOTES = `
Works on what the settings of the server name (STORAGE_LOCAL_PATH, CATALOG_PATH), while it runs or not. The file holds the catalog as it is at
one moment, and the keys and tokens below .stowage: keep it secret. It does not hold the package files, which never change once they are
there: copy the folder packages afterwards, and every package of the backup is in the copy (docs/operations.md, "Back up one machine").
With --json: {path, bytes, madeAt, counts, files}.`;

const CHECK_NOTES = `
Reads every record and every key, and compares their checksums. Needs no settings.
With --json: {facts: {madeAt, release}, counts, files}.`;

const RESTORE_NOTES = `
Works on what the settings name, with the server stopped. The storage must be empty but for its package files, so copy these first; with
--replace, its catalog and keys are set aside and kept. Then every package file is read and compared with its record; files with other times
than before are noted. Exit code 1 when one is missing or has other bytes. Tokens that were revoked since are valid again.
With --json: a line for each file that differs, {outcome, key, detail}, then {facts, counts, files, setAside?, verified?: {ok, missing,
corrupt, unowned}}.`;

interface RestoreFlags extends JsonFlag {
  readonly replace?: boolean;
  readonly verify: boolean;
}

export function addBackup(program: Command, cli: Cli): void {
  const backup = program
    .command('backup')
    .description('copy the catalog and the keys of a server on this machine, and put them back');
  backup
    .command('create', { isDefault: true })
    .description('make a backup, while the server runs or not; create may be left out')
    .argument('<file>', 'must not exist')
    .option('--json', 'print JSON')
    .addHelpText('after', MAKE_NOTES)
    .action((file: string, flags: JsonFlag) => make(cli, file, flags));
  backup
    .command('check')
    .description('read a backup, and say what is in it')
    .argument('<file>')
    .option('--json', 'print JSON')
    .addHelpText('after', CHECK_NOTES)
    .action((file: string, flags: JsonFlag) => check(cli, file, flags));
  backup
    .command('restore')
    .description('put a backup into an empty storage')
    .argument('<file>')
    .option('--replace', 'set a catalog and keys that are there aside')
    .option('--no-verify', 'do not read the package files')
    .option('--json', 'print JSON lines')
    .addHelpText('after', RESTORE_NOTES)
    .action((file: string, flags: RestoreFlags) => restore(cli, file, flags));
}

async function make(cli: Cli, file: string, flags: JsonFlag): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { makeBackup } = await import('../../local/backup/make-backup.ts');
  const made = makeBackup(await settingsOf(cli), file, new Date());
  output.document(made);
  output.line(`${made.path}: ${humanSize(made.bytes)}, ${describe(made)}`);
  output.note('it holds keys and tokens, and no package files: copy the folder packages now');
}

async function check(cli: Cli, file: string, flags: JsonFlag): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { checkBackup } = await import('../../local/backup/restore-backup.ts');
  const checked = checkBackup(file, tmpdir());
  output.document(checked);
  output.line(`${file} is whole: made ${checked.facts.madeAt}, ${describe(checked)}`);
}

async function restore(cli: Cli, file: string, flags: RestoreFlags): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const settings = await settingsOf(cli);
  const { restoreBackup } = await import('../../local/backup/restore-backup.ts');
  const replace = flags.replace === true;
  const restored = await restoreBackup(settings, file, { replace, now: new Date() });
  const { facts, setAside } = restored;
  output.line(`restored what was made ${facts.madeAt}: ${describe(restored)}`);
  if (setAside !== undefined) output.line(`the catalog that was there is kept as ${setAside}`);
  // A bucket is elsewhere and was not restored.
  if (!flags.verify || settings.storage.type !== 'local') return output.document(restored);
  const verified = await verifyFiles(cli, output);
  output.document({ ...restored, verified });
  const { ok, missing, corrupt, unowned } = verified;
  output.line(
    `package files: ${ok} ok, ${missing} missing, ${corrupt} corrupt, ${unowned} unowned`,
  );
  if (missing > 0)
    output.note(
      `copy the missing files to ${settings.storage.localPath}/packages, then run: stowage verify`,
    );
  if (unowned > 0)
    output.note('enter files that were published after the backup with: stowage catalog rebuild');
  if (missing + corrupt > 0) cli.exitCode = EXIT.failed;
}

async function verifyFiles(cli: Cli, output: Output) {
  const { openLocalStore } = await import('../command/open-local-store.ts');
  const { verifyStore } = await import('../../core/lifecycle/verify-store.ts');
  const counts = { ok: 0, missing: 0, corrupt: 0, unowned: 0 };
  const opened = await openLocalStore(cli.env);
  try {
    // What was marked as damaged when the backup was made may be right in the copy.
    const options = { note: true, repair: true, signal: cli.signal };
    for await (const verdict of verifyStore(opened, options)) {
      counts[countOf(verdict)] += 1;
      if (!('detail' in verdict) || countOf(verdict) === 'ok') continue;
      const { outcome, key, detail } = verdict;
      output.document({ outcome, key, detail });
      output.line(`${outcome}: ${key}: ${detail}`);
    }
  } finally {
    await opened.close();
  }
  return counts;
}

/** Files that were copied have other times, which are noted. */
function countOf({ outcome }: StoreVerdict): 'ok' | 'missing' | 'corrupt' | 'unowned' {
  return ['ok', 'noted', 'repaired', 'touched'].includes(outcome)
    ? 'ok'
    : (outcome as 'missing' | 'corrupt' | 'unowned');
}

async function settingsOf(cli: Cli) {
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  return asMisuse(() => readSettings(cli.env));
}

function describe({ counts, files }: Pick<CheckedBackup, 'counts' | 'files'>): string {
  const { packages, versions, channels, tokens } = counts;
  return `${packages} packages of ${versions} versions, ${channels} channels, ${tokens} tokens, ${files.length} files of the service`;
}
