/** `stowage login`: keeps the URL of the service and a token in the config file. */
import type { Command } from 'commander';
import { StowageClient } from '../../client/stowage-client.ts';
import { parseToken } from '../../core/access/access.ts';
import { type Cli, type JsonFlag, requireHeaderText } from '../command/cli.ts';
import { explain } from '../command/explain.ts';
import { readConfigFile, writeConnection } from '../connection/config-file.ts';
import { requireHttpUrl } from '../connection/find-connection.ts';
import { isLoopback } from '../connection/find-server.ts';
import { readToken } from '../connection/read-token.ts';
import { misuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const NOTES = `
Without URL: STOWAGE_URL, or the URL of the config file. The token is asked for without showing it, or read from stdin:
  stowage login https://releases.example.com < token-file
It is kept only if the service accepts it, in a file that only you can read. Flags, STOWAGE_URL and STOWAGE_TOKEN go before that file.
With --json: {url, tokenId?, configFile}.`;

export function addLogin(program: Command, cli: Cli): void {
  program
    .command('login')
    .description('keep the URL of the service and a token in the config file')
    .argument('[url]', 'where the service is')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((url: string | undefined, flags: JsonFlag) => login(cli, url, flags));
}

async function login(cli: Cli, given: string | undefined, flags: JsonFlag): Promise<void> {
  const output = new Output(cli, flags.json === true);
  const { url, urlFrom } = urlOf(cli, given);
  requireHttpUrl(url, urlFrom);
  const isOpen = url.startsWith('http://') && !isLoopback(url);
  if (isOpen) output.note(`${url} is not encrypted: anyone on the way can read the token`);
  const tokenFrom = 'stdin';
  const token = await readToken(cli);
  requireHeaderText({ token, tokenFrom });
  const connection = { url, urlFrom, token, tokenFrom, tokenPlaces: [tokenFrom] };
  try {
    await requireAccepted(connection, cli.signal);
  } catch (error) {
    throw explain(error, { connection });
  }
  const before = readConfigFile();
  const configFile = writeConnection({ url, token });
  const tokenId = parseToken(token)?.tokenId;
  output.document({ url, tokenId, configFile });
  output.line(`logged in to ${url}${tokenId === undefined ? '' : ` with token ${tokenId}`}`);
  output.note(`URL and token are kept in ${configFile}`);
  if (before.url !== undefined && before.url !== url)
    output.note(`they replace those for ${before.url}`);
  for (const name of ['STOWAGE_URL', 'STOWAGE_TOKEN'])
    if (cli.env[name]) output.note(`${name} is set, and goes before what is kept`);
}

/** @throws Fault (misuse) */
function urlOf({ env }: Cli, given: string | undefined) {
  const config = readConfigFile();
  const places = [
    [given, 'the argument'],
    [env['STOWAGE_URL'], 'STOWAGE_URL'],
    [config.url, config.path],
  ] as const;
  for (const [url, urlFrom] of places)
    if (url !== undefined && url !== '') return { url: url.replace(/\/+$/, ''), urlFrom };
  throw misuse(
    'say where the service is',
    'stowage login URL, such as: stowage login https://releases.example.com',
  );
}

/** Every token may list versions. @throws StowageError */
async function requireAccepted(
  { url, token }: { readonly url: string; readonly token: string },
  signal: AbortSignal,
): Promise<void> {
  const client = new StowageClient({ url, token, retry: { retries: 2 } });
  await client.listVersions({ limit: 1, signal }).next();
}
