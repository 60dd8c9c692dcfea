/** `stowage logout`: removes URL and token from the config file. */
import type { Command } from 'commander';
import { parseToken } from '../../core/access/access.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { readConfigFile, writeConnection } from '../connection/config-file.ts';
import { Output } from '../output/output.ts';

const NOTES = `
The token itself stays valid: an admin revokes it with stowage token rm.
With --json: {url?, tokenId?, configFile}, without url if nothing was kept.`;

export function addLogout(program: Command, cli: Cli): void {
  program
    .command('logout')
    .description('remove the URL and the token from the config file')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: JsonFlag) => logout(cli, flags));
}

function logout(cli: Cli, flags: JsonFlag): void {
  const output = new Output(cli, flags.json === true);
  const { path: configFile, url, token } = readConfigFile();
  const tokenId = parseToken(token ?? '')?.tokenId;
  if (url === undefined && token === undefined) {
    output.document({ configFile });
    output.line(`${configFile} holds no URL and no token`);
    return;
  }
  writeConnection(undefined);
  output.document({ url, tokenId, configFile });
  output.line(`logged out${url === undefined ? '' : ` of ${url}`}`);
  if (tokenId !== undefined)
    output.note(`token ${tokenId} stays valid; to revoke it: stowage token rm ${tokenId}`);
}
