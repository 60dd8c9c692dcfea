/**
 * `stowage catalog`: restores or rebuilds the catalog of a server on this machine, which must be
 * stopped.
 */
import type { Command } from 'commander';
import { humanSize } from '../../core/human-size.ts';
import type { Rebuilt, TreeFile } from '../../local/catalog/rebuild-catalog.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { columns } from '../output/columns.ts';
import { asMisuse, EXIT } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const RESTORE_NOTES = `
Works on what the settings of the server name (STORAGE_LOCAL_PATH, CATALOG_PATH). Without a file: the backups, newest first, each
checked. With one: it takes the place of the catalog, which is set aside and kept. What was published since that backup has files but
no records then: stowage catalog rebuild enters them. Tokens that were revoked since are valid again.
With --json: {backups: [{path, madeAt, bytes, isWhole}]}, or {from, counts, setAside?}.`;

const REBUILD_NOTES = `
Begins with the present catalog where its file is whole, else with the newest backup that is, or with --from. Records that are broken
there are taken from the backups. Then every file without a record gets one: hashed, with the filename PACKAGE.EXT and, on a disk, the
type application/octet-stream. Without a backup, tokens, channels, yanks and the names of deleted packages are lost: the next start
makes a first admin token. Nothing is changed without --apply; the old catalog is set aside and kept, and no file is removed.
Exit code 1 when a record is lost or a file could not be entered. With --json: a line for each file, {outcome, key, bytes, detail?},
then {applied, base?, refused, recovered, lost, files: {planned, entered, taken, failed}, tokens, setAside?}.`;

interface RebuildFlags extends JsonFlag {
  readonly from?: string;
  readonly apply?: boolean;
}

export function addCatalog(program: Command, cli: Cli): void {
  const catalog = program
    .command('catalog')
    .description('restore or rebuild the catalog of a stopped server');
  catalog
    .command('restore')
    .description('replace the catalog by a backup; without a file: list the backups')
    .argument('[file]', 'a backup by its name, or the path of a catalog')
    .option('--json', 'print JSON')
    .addHelpText('after', RESTORE_NOTES)
    .action((file: string | undefined, flags: JsonFlag) => restore(cli, file, flags));
  catalog
    .command('rebuild')
    .description('rebuild the catalog from its intact records, from backups and from the files')
    .option('--from <file>', 'start from this catalog')
    .option('--apply', 'do it; without this flag, only print what would be done')
    .option('--json', 'print JSON lines')
    .addHelpText('after', REBUILD_NOTES)
    .action((flags: RebuildFlags) => rebuild(cli, flags));
}

async function restore(cli: Cli, file: string | undefined, flags: JsonFlag): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  const settings = asMisuse(() => readSettings(cli.env));
  const { checkBackups, restoreCatalog } = await import('../../local/catalog/restore-catalog.ts');
  if (file === undefined) {
    const backups = checkBackups(settings);
    output.document({ backups });
    if (backups.length === 0) output.line('there are no backups');
    const rows = backups.map(({ path, madeAt, bytes, isWhole }) => [
      path,
      madeAt.toISOString(),
      humanSize(bytes),
      isWhole ? 'yes' : 'NO',
    ]);
    for (const line of rows.length === 0 ? [] : columns(['BACKUP', 'MADE', 'SIZE', 'WHOLE'], rows))
      output.line(line);
    return;
  }
  const restored = await restoreCatalog(settings, file, new Date());
  output.document(restored);
  const { from, counts, setAside } = restored;
  output.line(
    `restored ${from}: ${counts.packages} packages, ${counts.channels} channels, ${counts.tokens} tokens`,
  );
  if (setAside !== undefined) output.line(`the catalog that was there is kept as ${setAside}`);
  output.note('enter what was published since that backup with: stowage catalog rebuild');
}

async function rebuild(cli: Cli, flags: RebuildFlags): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  const settings = asMisuse(() => readSettings(cli.env));
  const { rebuildCatalog } = await import('../../local/catalog/rebuild-catalog.ts');
  const rebuilt = await rebuildCatalog(settings, {
    from: flags.from,
    apply: flags.apply === true,
    now: new Date(),
    signal: cli.signal,
    onFile: (file) => showFile(output, file),
  });
  output.document(rebuilt);
  show(output, rebuilt);
  if (rebuilt.lost.length + rebuilt.files.failed + rebuilt.files.taken > 0)
    cli.exitCode = EXIT.failed;
}

function showFile(output: Output, file: TreeFile): void {
  output.document(file);
  const { outcome, key, bytes, detail } = file;
  output.line(
    `${outcome}: ${key} (${humanSize(bytes)})${detail === undefined ? '' : `: ${detail}`}`,
  );
}

function show(
  output: Output,
  { applied, base, refused, recovered, lost, files, tokens, setAside }: Rebuilt,
): void {
  for (const reason of refused) output.line(`not taken: ${reason}`);
  output.line(
    base === undefined
      ? 'no catalog and no backup is whole: from the files alone'
      : `begins with ${base}`,
  );
  if (recovered > 0) output.line(`${recovered} broken records come from backups`);
  for (const name of lost) output.line(`lost: ${name}`);
  const { planned, entered, taken, failed } = files;
  output.line(
    applied
      ? `${entered} files entered, ${taken} not, ${failed} failed`
      : `${planned} files would be entered, ${taken} not`,
  );
  if (setAside !== undefined) output.line(`the catalog that was there is kept as ${setAside}`);
  if (tokens === 0) output.note('no token is left: the next start makes a first admin token');
  if (!applied) output.note('nothing was changed; do it with: stowage catalog rebuild --apply');
}
