/** `stowage whoami`: says which service and which token commands use, and what the token may do. */
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { TokenBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { parseToken } from '../../core/access/access.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { columns } from '../output/columns.ts';

const NOTES = `
Exit code 0 if the service accepts the token. A service before 0.2 says less of a token: its limits are known for admins alone.
With --json: {url, urlFrom, tokenFrom, tokenId?, scope, name?, versions?, expiresAt?}.`;

export function addWhoami(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('whoami'))
    .description('show which service and which token are used, and what the token may do')
    .addHelpText('after', NOTES)
    .action((flags: RemoteFlags) => inSession(cli, flags, whoami));
}

async function whoami(session: Session): Promise<void> {
  const { connection, output } = session;
  const { url, urlFrom, tokenFrom, token = '' } = connection;
  const tokenId = parseToken(token)?.tokenId;
  const { scope, record } = (await ownPowers(session)) ?? (await powersOf(session, tokenId));
  const { name, versions, expiresAt } = record ?? {};
  output.document({ url, urlFrom, tokenFrom, tokenId, scope, name, versions, expiresAt });
  const rows = [
    ['from', urlFrom],
    ['token', tokenId ?? 'of another form than those of Stowage'],
    ['from', tokenFrom ?? ''],
    ['may', scope],
    ...(name === undefined ? [] : [['name', name]]),
    ...(versions === undefined ? [] : [['versions', versions]]),
    ...(expiresAt === undefined ? [] : [['expires', expiresAt]]),
  ];
  for (const line of columns(['service', url], rows)) output.line(line);
}

interface Powers {
  readonly scope: string;
  readonly record?: Pick<TokenBody, 'name' | 'versions' | 'expiresAt'> | undefined;
}

/** @returns undefined if the service can't say: one before 0.2 */
async function ownPowers({ client, signal }: Session): Promise<Powers | undefined> {
  try {
    const record = await client.getOwnToken({ signal });
    return { scope: record.scopes.join(', '), record };
  } catch (error) {
    if (isStowageError(error, 'NOT_FOUND', 'METHOD_NOT_ALLOWED')) return undefined;
    throw error;
  }
}

/** Asks a service before 0.2 for what only some may see. */
async function powersOf({ client, signal }: Session, tokenId: string | undefined): Promise<Powers> {
  await client.listVersions({ limit: 1, signal }).next();
  const tokens = await unlessForbidden(() => itemsOf(client.listTokens({ limit: 1000, signal })));
  if (tokens !== undefined)
    return { scope: 'admin', record: tokens.find((one) => one.tokenId === tokenId) };
  try {
    const mayPublish = await unlessForbidden(() => client.listLinks({ limit: 1, signal }).next());
    return { scope: mayPublish === undefined ? 'read' : 'publish' };
  } catch (error) {
    // A service before 0.2 has nothing that only publishers see.
    if (isStowageError(error, 'NOT_FOUND')) return { scope: 'unknown' };
    throw error;
  }
}

/** @returns undefined if the token may not */
async function unlessForbidden<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isStowageError(error, 'FORBIDDEN')) return undefined;
    throw error;
  }
}
