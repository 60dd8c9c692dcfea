/** `stowage token grant`: makes an upload grant, a token for one upload. */
import type { Command } from 'commander';
import type { UploadTerms } from '../../client/stowage-client.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseExpiry, wholeNumber } from '../command/flags.ts';
import { parsePackageTarget } from '../command/targets.ts';

interface GrantFlags extends RemoteFlags {
  readonly filename?: string;
  readonly ext?: string;
  readonly size?: number;
  readonly name?: string;
  readonly expires?: string;
}

/** @param token the command whose part this is */
export function addTokenGrant(token: Command, cli: Cli): void {
  withRemoteFlags(token.command('grant'))
    .description('make an upload grant: a token for one upload, which lives an hour at most')
    .argument(
      '<version/package-id>',
      'the only package that it may upload, such as 1.4.0/linux-x64',
    )
    .option('--filename <name>', 'the only filename that the package may have')
    .option('--ext <ext>', 'the only ext that it may have (default: that of --filename)')
    .option(
      '--size <bytes>',
      'the only size that it may have',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option('--name <name>', 'what lists of tokens show (default: which upload it is for)')
    .option('--expires <when>', 'such as 10m or 2027-01-31T00:00:00Z (default: 1h)', parseExpiry)
    .addHelpText(
      'after',
      '\nAnyone with the grant can upload this package and do nothing else. Scope publish is enough to make one.\nOnly the token goes to stdout. With --json: the token and its record.',
    )
    .action((target: string, flags: GrantFlags) =>
      inSession(cli, flags, (session) => grant(session, target, flags)),
    );
}

async function grant(
  { client, output, signal }: Session,
  target: string,
  { filename, ext, size, name, expires: expiresAt }: GrantFlags,
): Promise<void> {
  const upload: UploadTerms = {
    ...parsePackageTarget(target),
    ...withoutUndefined({ filename, ext, size }),
  };
  const options = withoutUndefined({ name, expiresAt });
  const made = await client.grantUpload(upload, { signal, ...options });
  output.document(made);
  output.note(
    `token ${made.tokenId} (upload of ${upload.packageId} to ${upload.versionId}, until ${made.expiresAt}); it is shown this once:`,
  );
  output.line(made.token);
}
