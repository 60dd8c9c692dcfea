/** `stowage release-keys`: the keys that sign the statements of a server on this machine. */
import type { Command } from 'commander';
import type { ReleaseKey } from '../../core/ports/statements.ts';
import type { Cli, JsonFlag } from '../command/cli.ts';
import { columns } from '../output/columns.ts';
import { failure } from '../output/fault.ts';
import { Output } from '../output/output.ts';

const NOTES = `
Works on STORAGE_LOCAL_PATH as the server has it, while the server runs or not. After a rotation the public halves of earlier keys
stay, since statements are never signed again; their private halves are gone.
With --json: {keys: [{keyId, publicKey, createdAt, signs}]}.`;

interface ShowFlags extends JsonFlag {
  readonly pem?: boolean;
}

export function addReleaseKeys(program: Command, cli: Cli): void {
  const keys = program
    .command('release-keys')
    .description('keys that sign the statements of sealed versions');
  keys
    .command('show')
    .description('show the public keys, the one that signs first')
    .option('--pem', 'print them in PEM, for verify-release --key')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action(async (flags: ShowFlags) => {
      const signer = await openSigner(cli);
      print(new Output(cli, flags.json === true), await signer.keys(), flags.pem === true);
    });
  keys
    .command('rotate')
    .description('let a new key sign from now on')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action(async (flags: JsonFlag) => {
      const signer = await openSigner(cli);
      print(new Output(cli, flags.json === true), await signer.rotate(), false);
    });
}

async function openSigner(cli: Cli) {
  const { FileSigner } = await import('../../local/start/release-keys.ts');
  const { servicePaths } = await import('../../local/start/first-start.ts');
  const { readSettings } = await import('../../open/settings/server-settings.ts');
  const { existsSync } = await import('node:fs');
  const { releaseKeys } = servicePaths(readSettings(cli.env).storage.localPath);
  if (existsSync(releaseKeys)) return new FileSigner(releaseKeys, () => new Date());
  throw failure('NOT_FOUND', `there are no keys in ${releaseKeys}`, {
    hint: 'set STORAGE_LOCAL_PATH as the server has it; the first start of a server makes its key',
  });
}

function print(output: Output, keys: readonly ReleaseKey[], isPem: boolean): void {
  output.document({ keys });
  if (isPem) output.lines(...keys.flatMap(({ publicKey }) => publicKey.trimEnd().split('\n')));
  else {
    const rows = keys.map(({ keyId, createdAt, signs }) => [
      keyId,
      createdAt,
      signs ? 'signs' : 'signed earlier',
    ]);
    output.lines(...columns(['KEY', 'CREATED', 'STATE'], rows));
  }
}
