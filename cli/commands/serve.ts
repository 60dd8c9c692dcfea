/** `stowage serve`: runs the service on this machine. */
import { isAbsolute, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Logger } from 'pino';
import type { Settings } from '../../core/settings.ts';
import type { Running } from '../../local/serve.ts';
import type { LogFormat } from '../../local/start/log-output.ts';
import { DEFAULT_FOLDER, FORMER_FOLDER } from '../../open/settings/storage-folder.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { wholeNumber } from '../command/flags.ts';
import { asMisuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';

interface Flags extends JsonFlag {
  readonly log?: boolean;
  readonly logFormat: LogFormat;
  readonly workers?: number;
}

const NOTES = `
Settings come from the environment: STORAGE_LOCAL_PATH (default: ./stowage-data), HOST, PORT, PUBLIC_URL and others
(docs/configuration.md).
With --workers N, N processes answer requests (docs/operations.md, "Several cores"); as many as the machine has cores are the most that helps.
The log is JSON lines, or with --log-format text lines for people, on stdout, or on stderr with --json. On a terminal only warnings and errors are logged, on stderr, unless
--log is given. The first admin token is shown on a terminal only; otherwise the log names the file that holds it. With --json: the
first line is {url, publicUrl, adminTokenFile, firstAdminToken?}.`;

export function addServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .description('run the service on this machine')
    .option('--log', 'log every request, also on a terminal')
    .addOption(
      new Option('--log-format <format>', 'lines of JSON for programs, or of text for people')
        .choices(['json', 'text'])
        .default('json'),
    )
    .option(
      '--workers <n>',
      'how many processes answer requests; one of them takes uploads and writes records',
      wholeNumber(1, MAX_WORKERS),
    )
    .option('--json', 'print where it listens as JSON')
    .addHelpText('after', NOTES)
    .action((flags: Flags) => run(cli, flags));
}

async function run(cli: Cli, flags: Flags): Promise<void> {
  const log = await logOf(cli, flags);
  await warnOfMistakes(cli, log);
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  const settings = asMisuse(() => readSettings(cli.env));
  const { serve } = await import('../../local/serve.ts');
  if (isInFormerFolder(cli, settings))
    log.info(
      { folder: FORMER_FOLDER },
      `uses the storage in ${FORMER_FOLDER}, the default of an earlier release; without it the default is ${DEFAULT_FOLDER}`,
    );
  const output = new Output(cli, flags.json === true);
  const count = (flags.workers ?? 1) - 1;
  const workers = { count, log: logPlaceOf(cli, flags) };
  const running = await serve(settings, { log, ...(count > 0 && { workers }) });
  if (output.json) printDocument(cli, output, running);
  else if (cli.stdout.isTTY === true) greet(cli, output, settings, running);
  else logStart(cli, log, settings, running);
  await waitForAbort(cli.signal);
  await running.stop();
}

/** More would wait for the same disk. */
const MAX_WORKERS = 64;

function logPlaceOf(cli: Cli, flags: Flags) {
  const isQuiet = cli.stdout.isTTY === true && flags.log !== true;
  const fd = isQuiet || flags.json === true ? process.stderr.fd : process.stdout.fd;
  return { fd, level: isQuiet ? 'warn' : 'info', format: flags.logFormat };
}

async function logOf(cli: Cli, flags: Flags) {
  const { openLog } = await import('../../local/start/log-output.ts');
  return openLog(logPlaceOf(cli, flags));
}

/** Without the values, which may be secret. */
async function warnOfMistakes({ env }: Cli, log: Logger): Promise<void> {
  const { likelyMistakes } = await import('../../open/settings/unknown-settings.ts');
  for (const { name, meant } of likelyMistakes(env))
    log.warn(
      { name, meant },
      `${name} is not a setting, so it has no effect; did you mean ${meant}?`,
    );
}

/** Output that is no terminal may be a log, which is kept and has many readers: it gets no token. */
function printDocument({ stdout }: Cli, output: Output, running: Running): void {
  const { url, publicUrl, adminTokenFile, firstAdminToken } = running;
  const isSeen = stdout.isTTY === true && firstAdminToken !== undefined;
  output.document({ url, publicUrl, adminTokenFile, ...(isSeen && { firstAdminToken }) });
}

/** Programs read stdout line by line, so the start is lines of the log like all others. */
function logStart(cli: Cli, log: Logger, settings: Settings, running: Running): void {
  const { url, publicUrl, adminTokenFile: file, firstAdminToken } = running;
  log.info({ url, publicUrl }, whereItListens(cli, settings, running));
  if (firstAdminToken !== undefined) log.info({ file }, `the first admin token is in ${file}`);
}

function whereItListens({ version }: Cli, settings: Settings, { url }: Running): string {
  return `Stowage ${version} listens on ${url}, and keeps its files in ${placeOf(settings)}`;
}

/** Greets a person at a terminal. */
function greet(cli: Cli, output: Output, settings: Settings, running: Running): void {
  const { url, publicUrl, adminTokenFile, firstAdminToken } = running;
  output.line(whereItListens(cli, settings, running));
  if (publicUrl !== url) output.line(`Its links begin with ${publicUrl}`);
  if (firstAdminToken !== undefined) {
    output.lines(
      '',
      `The first admin token, shown this once and kept in ${adminTokenFile}:`,
      '',
      `  ${firstAdminToken}`,
    );
  }
  output.lines('', 'Try, in another terminal in this folder:', '');
  for (const line of commandsToTry(cli, settings, url)) output.line(`  ${line}`);
  output.line('');
}

function isInFormerFolder({ env }: Cli, { storage }: Settings): boolean {
  return !env['STORAGE_LOCAL_PATH'] && storage.localPath === FORMER_FOLDER;
}

function placeOf({ storage }: Settings): string {
  return storage.type === 's3' ? `the bucket ${storage.s3Bucket}` : storage.localPath;
}

/** These commands work as printed, whatever settings the CLI finds. */
function commandsToTry({ env }: Cli, settings: Settings, url: string): readonly string[] {
  const stowage = isInstalled(env) ? 'stowage' : 'npx stowage';
  const { localPath } = settings.storage;
  const elsewhere = env['STORAGE_LOCAL_PATH']
    ? [`export STORAGE_LOCAL_PATH=${shellWord(absolute(localPath))}`]
    : [];
  const token =
    settings.adminToken === undefined
      ? []
      : [`export STOWAGE_URL=${url} STOWAGE_TOKEN=...    # your ADMIN_TOKEN`];
  return [
    ...elsewhere,
    ...token,
    `echo 'hello, stowage' > hello.txt`,
    `${stowage} push hello.txt --version 1.0.0`,
    `${stowage} ls 1.0.0`,
    `${stowage} pull 1.0.0/hello.txt --out downloads`,
  ];
}

/** Whether it was started as an installed program, and not by npm or from a checkout. */
function isInstalled(env: Cli['env']): boolean {
  return /[\\/]stowage$/.test(process.argv[1] ?? '') && env['npm_command'] === undefined;
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}

function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function waitForAbort(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
