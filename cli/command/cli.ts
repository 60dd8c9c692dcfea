/** What every command receives: the process around it, and its connection to the service. */
import type { Command } from 'commander';
import { StowageClient } from '../../client/stowage-client.ts';
import {
  type Connection,
  type ConnectionFlags,
  findConnection,
} from '../connection/find-connection.ts';
import { isInJob } from '../connection/job-token.ts';
import { shortFetch } from '../connection/short-fetch.ts';
import { type ExitCode, failure, misuse } from '../output/fault.ts';
import { Output, type OutputStreams } from '../output/output.ts';
import { explain, tokenAdvice } from './explain.ts';

export interface Cli extends OutputStreams {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** For commands that continue after a failure. An error that is thrown has its own exit code. */
  exitCode: ExitCode;
}

export interface JsonFlag {
  readonly json?: boolean;
}
export type RemoteFlags = ConnectionFlags & JsonFlag;

/** What a command needs to talk to the service. */
export interface Session {
  readonly client: StowageClient;
  readonly connection: Connection;
  readonly output: Output;
  readonly signal: AbortSignal;
  /**
   * Checks that the service answers before long work begins. It fails after seconds, where the work
   * itself would retry for a minute.
   */
  reach(): Promise<void>;
}

/** The flags of every command that talks to the service. */
export function withRemoteFlags(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'where the service is (else STOWAGE_URL, the config file, a server on this machine)',
    )
    .option(
      '--stack <name>',
      'a deployed stack, whose outputs name the URL (needs AWS credentials)',
    )
    .option(
      '--token-file <path>',
      'file that holds the token (else STOWAGE_TOKEN, the config file, ...)',
    )
    .option('--token <->', 'with -: the token comes from stdin')
    .option('--json', 'print JSON: one document, or one line for each file');
}

export interface SessionOptions {
  /** `optional` for commands that may read without a token. @default 'required' */
  readonly token?: 'required' | 'optional';
  /** What the command works on, for hints. */
  readonly target?: string;
  /** Long work retries until a restart of the service is over; short commands give up sooner. */
  readonly isLong?: boolean;
}

const HASTY = { retries: 2 } as const;

/** Runs `work` against the service, and turns its errors into messages with hints. */
export async function inSession(
  cli: Cli,
  flags: RemoteFlags,
  work: (session: Session) => Promise<void>,
  options: SessionOptions = {},
): Promise<void> {
  const connection = await findConnection(flags, cli.env, async () => {
    const { readToken } = await import('../connection/read-token.ts');
    return readToken(cli);
  });
  if (connection.token === undefined && isInJob(cli.env) && mayGetToken(connection)) {
    const { exchangeToken, revokeToken } = await import('../connection/exchange-token.ts');
    const exchanged = await exchangeToken(connection, cli).catch((error: unknown) => {
      if (options.token === 'optional') return connection;
      throw explain(error, { connection, target: options.target });
    });
    try {
      return await workWith(exchanged, cli, flags, work, options);
    } finally {
      if (exchanged.token !== undefined) await revokeToken(exchanged, cli);
    }
  }
  await workWith(connection, cli, flags, work, options);
}

/** A job's token goes to a service that the user named, not to one that a folder names. */
function mayGetToken({ urlFrom }: Connection): boolean {
  return urlFrom === '--url' || urlFrom === 'STOWAGE_URL' || urlFrom.startsWith('stack ');
}

async function workWith(
  connection: Connection,
  cli: Cli,
  flags: RemoteFlags,
  work: (session: Session) => Promise<void>,
  options: SessionOptions,
): Promise<void> {
  if (connection.token === undefined && options.token !== 'optional') {
    throw failure('UNAUTHENTICATED', 'this needs a token', { hint: tokenAdvice(connection) });
  }
  requireHeaderText(connection);
  const { url, token } = connection;
  const hasty = new StowageClient({ url, token, retry: HASTY, fetch: shortFetch(cli.env) });
  const client = options.isLong === true ? new StowageClient({ url, token }) : hasty;
  const output = new Output(cli, flags.json === true);
  const { signal } = cli;
  const reach = async () => void (await hasty.health({ signal }));
  try {
    await work({ client, connection, output, signal, reach });
  } catch (error) {
    throw explain(error, { connection, target: options.target });
  }
}

/** Refuses malformed tokens here, where their source is known, and not in the HTTP stack. */
export function requireHeaderText({
  token,
  tokenFrom,
}: Pick<Connection, 'token' | 'tokenFrom'>): void {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return;
  throw misuse(`the token from ${tokenFrom} holds spaces or other characters that no token has`);
}
